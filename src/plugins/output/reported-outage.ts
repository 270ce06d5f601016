import type { PluginLog } from '../api.ts';
import { Outage, type OutagePace } from './outage.ts';

/** How often the log tells of an outage that lasts, and how often of others that follow it, in ms. */
const REMIND_MS = 60_000;
const REPEAT_MS = 1000;

/**
 * An outage that the log tells of: when it begins, each minute while it lasts, and when it is over.
 * Those that follow each other faster than one a second are told as far as there is time for it.
 */
export class ReportedOutage {
  readonly #outage: Outage;
  readonly #log: PluginLog;
  #toldAt = Number.NEGATIVE_INFINITY;
  /** The log has told of the present outage, or of the last one. */
  #isTold = false;

  constructor(pace: OutagePace, log: PluginLog) {
    this.#outage = new Outage(pace);
    this.#log = log;
  }

  /** Whether the last attempt failed. */
  get lasting(): boolean {
    return this.#outage.lasting;
  }

  /** Notes a failed attempt, of which the log may tell `message`. */
  failed(message: string): void {
    if (this.#outage.failed() === 'begun') this.#isTold = false;
    const now = performance.now();
    if (now - this.#toldAt < (this.#isTold ? REMIND_MS : REPEAT_MS)) return;
    this.#log.error(message);
    this.#toldAt = now;
    this.#isTold = true;
  }

  /** Notes an attempt that succeeded. If it ended an outage that the log told of, it tells `message`. */
  succeeded(message: string): void {
    if (this.#outage.succeeded() && this.#isTold) this.#log.notice(message);
  }

  /** The pause in ms before the next attempt, longer each time. */
  nextPause(): number {
    return this.#outage.nextPause();
  }
}
