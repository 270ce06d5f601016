import type { SourceInstance } from '../plugins/api.ts';

/** Keeps a block's source waiting as long as any of its plugins asks for it. */
export class SourceGate {
  #source: Pick<SourceInstance<unknown>, 'hold' | 'release'> | undefined;
  #holds = 0;
  #isOpen = false;

  guard(source: Pick<SourceInstance<unknown>, 'hold' | 'release'>): void {
    this.#source = source;
  }

  /** Keeps the source waiting until the function that it returns is called, once. */
  hold(): () => void {
    if (this.#isOpen) return () => {};
    if (this.#holds++ === 0) this.#source?.hold();
    return () => {
      if (--this.#holds === 0 && !this.#isOpen) this.#source?.release();
    };
  }

  /** Lets everything through from now on, whoever asks. */
  open(): void {
    this.#isOpen = true;
    if (this.#holds > 0) this.#source?.release();
  }
}
