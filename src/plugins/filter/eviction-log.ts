import type { PluginLog } from '../api.ts';

/** Tells the log of what a table of limited size had to forget. */
export class EvictionLog {
  readonly #log: PluginLog;
  readonly #event: string;
  #told = 0;

  /** @param event what `log.counted` calls it */
  constructor(log: PluginLog, event: string) {
    this.#log = log;
    this.#event = event;
  }

  /** To be called after each batch. @param evictions since the table was made */
  tell(evictions: number): void {
    if (evictions === this.#told) return;
    this.#log.counted(this.#event, evictions - this.#told);
    this.#told = evictions;
  }
}
