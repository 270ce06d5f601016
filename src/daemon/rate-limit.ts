/**
 * Told about events that were counted.
 *
 * @param count events since the last report
 * @param total events since the start
 */
export type Report = (count: number, total: number) => void;

/** Shortest time between two reports of one counter, in ms. */
const INTERVAL = 1000;

/**
 * Counters that report at most once a second each: the first event at once, those of the second
 * after it in one line at its end. Nothing counted goes unreported. Their timers do not keep the
 * process alive.
 *
 * ```ts
 * const lost = limiter.counter((count, total) =>
 *   log.error(`lost ${count} packets (total ${total})`));
 * lost.add(1234);
 * ```
 */
export class RateLimiter {
  readonly #counters = new Set<RateLimitedCounter>();

  counter(report: Report): RateLimitedCounter {
    const counter = new RateLimitedCounter(report, (closed) => this.#counters.delete(closed));
    this.#counters.add(counter);
    return counter;
  }

  /** Reports what is still unreported, and ends all timers. */
  close(): void {
    for (const counter of this.#counters) counter.close();
  }
}

/** One key of a {@link RateLimiter}. */
export class RateLimitedCounter {
  readonly #report: Report;
  readonly #forget: (counter: RateLimitedCounter) => void;
  readonly #endInterval = (): void => {
    this.#timer = undefined;
    this.flush();
  };
  #total = 0;
  #reported = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(report: Report, forget: (counter: RateLimitedCounter) => void) {
    this.#report = report;
    this.#forget = forget;
  }

  /** Events since the start. */
  get total(): number {
    return this.#total;
  }

  /** Counts; while an interval runs, that is all it does. */
  add(count = 1): void {
    this.#total += count;
    if (this.#timer === undefined) this.flush();
  }

  /** Reports now what is unreported, whatever the time, and begins a new interval. */
  flush(): void {
    const count = this.#total - this.#reported;
    if (count === 0) return;
    this.#reported = this.#total;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#endInterval, INTERVAL).unref();
    this.#report(count, this.#total);
  }

  /** Reports the rest, and ends the timer. */
  close(): void {
    this.flush();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#forget(this);
  }
}
