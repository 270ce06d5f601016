import type { ReceiveBuffer, SocketCounters } from '../../../netlink/index.ts';
import type { PluginLog, SourceCounters } from '../../api.ts';

/**
 * Reports what a group's socket has counted, whatever call it met it in: a receive, or a request
 * that read the queue while it waited for its answer.
 *
 * It also keeps account of overruns whose packets are not counted yet. The kernel reports an
 * overrun before the packets that were queued ahead of it; the gap in their numbers shows with the
 * first packet that comes behind, and then it is counted. For the last overrun none may come.
 */
export class SocketWatch {
  readonly #socket: Readonly<SocketCounters>;
  readonly #counters: SourceCounters;
  readonly #log: PluginLog;
  #overruns = 0;
  #foreign = 0;
  /** Overruns that no gap has shown up for. */
  #uncounted = 0;
  /** The queue has been read to the end since the last overrun: what comes now comes behind it. */
  #behind = false;

  /** @param counters the source's, of which it counts `overruns` */
  constructor(socket: Readonly<SocketCounters>, counters: SourceCounters, log: PluginLog) {
    this.#socket = socket;
    this.#counters = counters;
    this.#log = log;
  }

  /** Whether packets were lost that no number tells of, as none came behind them. */
  get lossUncounted(): boolean {
    return this.#uncounted > 0;
  }

  /** Reports what is new. Call it after each use of the socket, before looking at the packets. */
  look(): void {
    const { overruns, foreign } = this.#socket;
    if (overruns !== this.#overruns) this.#tellOverruns(overruns - this.#overruns);
    if (foreign !== this.#foreign) {
      this.#log.counted('datagrams of other processes, ignored', foreign - this.#foreign);
    }
    this.#overruns = overruns;
    this.#foreign = foreign;
  }

  /** A numbered packet came; `lost` are missing before it. */
  packet(lost: number): void {
    if (this.#uncounted === 0) return;
    if (this.#behind) this.#uncounted = 0;
    else if (lost > 0) this.#uncounted--;
  }

  /** A receive found the end of the queue. */
  queueEmpty(): void {
    this.#behind = true;
  }

  #tellOverruns(times: number): void {
    this.#uncounted += times;
    this.#behind = false;
    this.#counters.overruns += times;
    this.#log.counted('overruns of the receive buffer; raise the global option rmem', times);
  }
}

/** Says what to do when the kernel granted less than the `wanted` bytes of receive buffer. */
export function warnOfSmallBuffer(
  buffer: ReceiveBuffer | undefined,
  wanted: number,
  log: PluginLog,
): void {
  // The kernel doubles the wish to account for its own bookkeeping.
  if (!buffer || buffer.granted >= 2 * wanted) return;
  const half = Math.floor(buffer.granted / 2);
  log.notice(
    `receive buffer: asked for ${wanted} bytes (rmem), the kernel grants ${half}; ` +
      `run as root, or: sysctl -w net.core.rmem_max=${wanted}`,
  );
}
