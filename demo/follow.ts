import { closeSync, openSync, readSync, watch } from 'node:fs';

/** Calls `show` with each line that is added to a file, as `tail -f` does. */
export class Follower implements Disposable {
  readonly #fd: number;
  readonly #watcher: ReturnType<typeof watch>;
  readonly #show: (line: string) => void;
  #rest = '';

  /** @param file has to exist */
  constructor(file: string, show: (line: string) => void) {
    this.#show = show;
    this.#fd = openSync(file, 'r');
    this.#watcher = watch(file, () => this.#read());
    this.#read();
  }

  #read(): void {
    const chunk = Buffer.alloc(65_536);
    for (let length = -1; length !== 0; ) {
      length = readSync(this.#fd, chunk);
      const lines = (this.#rest + chunk.toString('utf8', 0, length)).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) this.#show(line);
    }
  }

  /** Shows what is left, too. */
  [Symbol.dispose](): void {
    this.#watcher.close();
    this.#read();
    closeSync(this.#fd);
  }
}
