import type { OutputCounters, PluginLog } from '../../api.ts';
import { ReportedOutage } from '../reported-outage.ts';
import { endInTime } from './end-in-time.ts';
import type { TableLayout } from './layout.ts';
import type { Session, SessionOpener } from './session.ts';

/** A session that has lived so long with nothing to do shows that the outage is over, too. */
const SETTLE_MS = 10_000;
const FIRST_PAUSE_MS = 100;

export interface SessionKeeperOptions {
  readonly opener: SessionOpener;
  /** The longest pause between attempts to connect, in ms. */
  readonly reconnectMs: number;
  readonly counters: OutputCounters;
  readonly log: PluginLog;
  /** Rows that wait, for the log. */
  readonly waiting: () => number;
  /** Whether the session has been given something to do. */
  readonly isBusy: () => boolean;
  /** There is a session. */
  readonly up: (layout: TableLayout) => void;
  /** There is none any more, or none came about. */
  readonly down: () => void;
}

/** Has a session with a database whenever there can be one: what ends is begun again after a pause. */
export class SessionKeeper {
  /** Sessions that were begun. */
  connects = 0;
  /** The session, while there is one. */
  session: Session | undefined;
  isConnecting = false;
  readonly #options: SessionKeeperOptions;
  readonly #outage: ReportedOutage;
  #retryTimer: NodeJS.Timeout | undefined;
  #settleTimer: NodeJS.Timeout | undefined;
  /** A session that ended while it was doing something, and why. */
  #lostAtWork: { readonly session: Session; readonly error: Error } | undefined;
  #ended = false;

  constructor(options: SessionKeeperOptions) {
    this.#options = options;
    const longestPause = Math.max(FIRST_PAUSE_MS, options.reconnectMs);
    const pace = { firstPause: FIRST_PAUSE_MS, longestPause, jitter: 0.5 };
    this.#outage = new ReportedOutage(pace, options.log);
  }

  /** What it did last succeeded, as far as it has done anything. */
  get isWorking(): boolean {
    return !this.#outage.lasting;
  }

  /** Begins a session now, unless there is one. */
  async connect(): Promise<void> {
    if (this.isConnecting || this.session || this.#ended) return;
    this.#cancelRetry();
    this.isConnecting = true;
    const { opener, up, down } = this.#options;
    try {
      const session = await this.#open(opener);
      if (this.#ended) {
        session.destroy();
        return;
      }
      this.session = session;
      this.connects++;
      if (this.#outage.lasting) {
        this.#settleTimer = setTimeout(() => this.#settled(session), SETTLE_MS);
      }
    } catch (error) {
      if (!this.#ended) this.#failed(error);
    } finally {
      this.isConnecting = false;
    }
    if (this.session) up(this.session.layout);
    else down();
  }

  /** A session has done what it was asked to. One that was given up meanwhile shows nothing. */
  works(session: Session): void {
    const lost = this.#lostAtWork;
    if (session !== this.session && session !== lost?.session) return;
    clearTimeout(this.#settleTimer);
    this.#outage.succeeded(`${this.#options.opener.name} works again`);
    // It has ended right behind that: no failure will tell.
    if (lost) this.giveUp(session, lost.error);
  }

  /** A session has failed to do so. */
  giveUp(session: Session, error: unknown): void {
    session.destroy();
    // Who has given it up already does not have to be told of what fails because of that.
    if (session !== this.session && session !== this.#lostAtWork?.session) return;
    if (session === this.session) this.session = undefined;
    this.#lostAtWork = undefined;
    clearTimeout(this.#settleTimer);
    if (this.#ended) return;
    this.#failed(error);
    this.#options.down();
  }

  /** Ends the session in order, and begins another. */
  async renew(): Promise<void> {
    const { session } = this;
    this.session = undefined;
    if (session) await endInTime(session);
    await this.connect();
  }

  /** Ends the session, at once if it is doing something, and begins none any more. */
  async end(): Promise<void> {
    this.#ended = true;
    clearTimeout(this.#settleTimer);
    this.#cancelRetry();
    const { session } = this;
    this.session = undefined;
    if (this.#options.isBusy()) session?.destroy();
    else if (session) await endInTime(session);
  }

  /** A session that is lost before anybody has it is none. */
  async #open(opener: SessionOpener): Promise<Session> {
    let opened: Session | undefined;
    let early: Error | undefined;
    opened = await opener.open((error) => {
      if (opened) this.#lost(opened, error);
      else early = error;
    });
    if (!early) return opened;
    opened.destroy();
    throw early;
  }

  #lost(session: Session, error: Error): void {
    if (this.session !== session || this.#ended) return;
    if (!this.#options.isBusy()) {
      this.giveUp(session, error);
      return;
    }
    // What it is doing fails by itself, and says more; unless it has just succeeded.
    this.session = undefined;
    this.#lostAtWork = { session, error };
  }

  /** It has lived for a while: whether it works is known, unless it is still at its first task. */
  #settled(session: Session): void {
    if (!this.#options.isBusy()) this.works(session);
  }

  #failed(error: unknown): void {
    const { counters, waiting } = this.#options;
    counters.errors++;
    const message = error instanceof Error ? error.message : String(error);
    this.#outage.failed(`${message}; trying again, ${waiting()} records wait`);
    this.#retryTimer ??= setTimeout(() => {
      this.#retryTimer = undefined;
      this.connect();
    }, this.#outage.nextPause());
  }

  #cancelRetry(): void {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
  }
}
