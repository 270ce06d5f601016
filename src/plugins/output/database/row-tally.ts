import type { Counts, OutputCounters, PluginLog } from '../../api.ts';
import type { StoreResult } from './session.ts';

/** Reasons of refusals that the log tells apart. */
const MOST_REASONS = 20;

/** Counts and reports what became of rows. */
export class RowTally {
  /** Rows from before that were stored. */
  recovered = 0;
  readonly #counters: OutputCounters;
  readonly #log: PluginLog;
  #known = 0;
  #refused = 0;
  #cut = 0;
  #unfit = 0;
  /** Why rows were refused, as far as it is told apart. */
  readonly #reasons = new Set<string>();

  constructor(counters: OutputCounters, log: PluginLog) {
    this.#counters = counters;
    this.#log = log;
  }

  /** @param recovered the rows are from before: those who left them in the spool have counted them */
  add({ stored, known, refused, reasons, cut, unfit }: StoreResult, recovered: boolean): void {
    if (recovered) this.recovered += stored + known;
    else {
      this.#counters.written += stored + known;
      this.#counters.dropped += refused;
    }
    this.#known += known;
    this.#refused += refused;
    for (const [reason, count] of reasons) this.#log.counted(this.#eventOf(reason), count);
    for (const [column, count] of cut) {
      this.#cut += count;
      this.#log.counted(`texts cut to the length of column ${column}`, count);
    }
    for (const [column, count] of unfit) {
      this.#unfit += count;
      this.#log.counted(`values that column ${column} cannot hold`, count);
    }
  }

  details(): Counts {
    return {
      refused: this.#refused,
      'stored before': this.#known,
      'texts cut': this.#cut,
      'values unfit': this.#unfit,
    };
  }

  /** How the log counts a reason: they are the database's words, of which there may be any number. */
  #eventOf(reason: string): string {
    if (this.#reasons.size < MOST_REASONS) this.#reasons.add(reason);
    return `records refused: ${this.#reasons.has(reason) ? reason : 'other reasons'}`;
  }
}
