import { setTimeout as delay } from 'node:timers/promises';
import {
  type DatagramSource,
  MessageCursor,
  NetlinkError,
  type NflogOptions,
  type ReceiveBuffer,
  type ReceiveHandle,
  type ReceiveRing,
  slotSizeFor,
} from '../../../netlink/index.ts';
import { NFULNL_MSG_PACKET } from '../../../netlink/nflog-protocol.ts';
import type { Batch } from '../../../records/batch.ts';
import type { SourceContext, SourceCounters, SourceInstance } from '../../api.ts';
import { NflogDecoder } from './decode.ts';
import { SequenceGaps } from './sequence.ts';

/** The values of the source's options; `group` is given or follows from the block's name. */
export interface NflogValues {
  readonly group: number | undefined;
  readonly snaplen: number;
  readonly nlbufsiz: number;
  readonly qthreshold: number;
  readonly qtimeout: number;
  readonly label: number;
}

const EPERM = 1;
/** Bounds on giving a group up: the wait for the kernel's timer, and the last look at the queue. */
const FAREWELL_MS = 1000;
/** How late the kernel's timer may come: one tick at 100 Hz. */
const TIMER_SLACK_MS = 10;

/** What the source needs of a bound group (NflogGroup), so that tests can feed it bytes. */
export interface GroupSocket extends DatagramSource {
  readonly receiveBuffer: ReceiveBuffer | undefined;
  reconfigure(options: NflogOptions): void;
  unbind(): void;
  close(): void;
}

/** One NFLOG group feeding one block. */
export class NflogSource implements SourceInstance<NflogValues> {
  readonly counters: SourceCounters = { received: 0, lost: 0, overruns: 0, malformed: 0 };
  readonly #context: SourceContext<NflogValues>;
  readonly #group: GroupSocket;
  readonly #gaps = new SequenceGaps();
  readonly #message = new MessageCursor();
  #options: NflogValues;
  #ring: ReceiveRing;
  #handle: ReceiveHandle | undefined;
  #batch: Batch | undefined;
  #decoder: NflogDecoder | undefined;
  #deliver: () => void = () => {};

  constructor(context: SourceContext<NflogValues>, group: GroupSocket) {
    this.#context = context;
    this.#group = group;
    this.#options = context.options;
    this.#ring = context.ring(slotSizeFor(this.#options.snaplen, this.#options.nlbufsiz));
    this.#warnOfSmallBuffer(context.receiveBuffer);
  }

  attach(batch: Batch, deliver: () => void): void {
    this.#batch = batch;
    this.#deliver = deliver;
    this.#decoder = new NflogDecoder(batch.columns);
    this.#decoder.defaults.label = this.#options.label;
  }

  start(): void {
    this.#handle = this.#context.loop.add(this.#group.fd, () => this.#drain());
  }

  reconfigure(options: NflogValues): void {
    this.#group.reconfigure(kernelOptions(options));
    this.#options = options;
    this.#ring = this.#context.ring(slotSizeFor(options.snaplen, options.nlbufsiz));
    if (this.#decoder) this.#decoder.defaults.label = options.label;
  }

  async close(): Promise<void> {
    try {
      await this.#giveUpGroup();
    } finally {
      await this.#handle?.remove();
      try {
        this.#drainQueued();
      } finally {
        this.#group.close();
      }
    }
  }

  /** Ends the group, so that what the kernel was collecting for it is on the socket's queue. */
  async #giveUpGroup(): Promise<void> {
    try {
      this.#group.unbind();
    } catch (error) {
      if (!(error instanceof NetlinkError && error.errno === EPERM)) throw error;
      await this.#outwaitKernelQueue();
    }
  }

  /**
   * Without privileges the group can only be given up by closing the socket, which throws away what
   * the kernel is still collecting. So go on receiving until its timer has handed that over.
   */
  async #outwaitKernelQueue(): Promise<void> {
    const pause = this.#options.qtimeout + TIMER_SLACK_MS;
    if (pause > FAREWELL_MS) {
      this.#context.log.notice(
        `packets that the kernel has collected for less than qtimeout (${this.#options.qtimeout} ms) are lost: ` +
          'only root can have them handed over earlier',
      );
    }
    await delay(Math.min(pause, FAREWELL_MS));
  }

  /** Delivers what is waiting; for a bounded time, as a group that was not ended may never run dry. */
  #drainQueued(): void {
    const end = Date.now() + FAREWELL_MS;
    while (this.#drain() > 0 && Date.now() < end);
  }

  /** Takes what one system call brings and delivers it. Returns the number of datagrams. */
  #drain(): number {
    const batch = this.#batch;
    const decoder = this.#decoder;
    if (!batch || !decoder) return 0;
    const counters = this.#group.counters;
    const { overruns, foreign } = counters;
    const datagrams = this.#group.receive(this.#ring);
    this.#countOverruns(counters.overruns - overruns);
    this.#countForeign(counters.foreign - foreign);
    if (datagrams === 0) return 0;
    const now = Date.now();
    decoder.defaults.second = Math.floor(now / 1000);
    decoder.defaults.microsecond = (now % 1000) * 1000;
    batch.begin(this.#ring.bytes);
    for (let slot = 0; slot < datagrams; slot++) this.#takeDatagram(slot, batch, decoder);
    if (batch.count > 0) this.#deliver();
    return datagrams;
  }

  #takeDatagram(slot: number, batch: Batch, decoder: NflogDecoder): void {
    const start = slot * this.#ring.slotSize;
    const end = start + (this.#ring.lengths[slot] ?? 0);
    const message = this.#message.reset(this.#ring.view, start, end);
    while (message.next()) {
      if (message.type !== NFULNL_MSG_PACKET) continue;
      if (batch.count === batch.capacity) {
        this.#deliver();
        batch.begin(this.#ring.bytes);
      }
      if (!decoder.decode(batch.count, message)) this.#countMalformed();
      if (decoder.sequence >= 0) this.#countLost(this.#gaps.take(decoder.sequence));
      batch.count++;
      this.counters.received++;
    }
    if (message.malformed) this.#countMalformed();
  }

  #countLost(packets: number): void {
    if (packets === 0) return;
    this.counters.lost += packets;
    this.#context.log.counted(
      'packets lost: the kernel logs them faster than specter reads',
      packets,
    );
  }

  #countOverruns(times: number): void {
    if (times === 0) return;
    this.counters.overruns += times;
    this.#context.log.counted(
      'overruns of the receive buffer; raise the global option rmem',
      times,
    );
  }

  #countForeign(datagrams: number): void {
    if (datagrams === 0) return;
    this.#context.log.counted('datagrams of other processes, ignored', datagrams);
  }

  #countMalformed(): void {
    this.counters.malformed++;
    this.#context.log.counted('malformed messages from the kernel', 1);
  }

  #warnOfSmallBuffer(wanted: number): void {
    const buffer = this.#group.receiveBuffer;
    // The kernel doubles the wish to account for its own bookkeeping.
    if (!buffer || buffer.granted >= 2 * wanted) return;
    const half = Math.floor(buffer.granted / 2);
    this.#context.log.notice(
      `receive buffer: asked for ${wanted} bytes (rmem), the kernel grants ${half}; ` +
        `run as root, or: sysctl -w net.core.rmem_max=${wanted}`,
    );
  }
}

/** The options that the kernel keeps for a group. */
export function kernelOptions({
  snaplen,
  nlbufsiz,
  qthreshold,
  qtimeout,
}: NflogValues): NflogOptions {
  return { snaplen, nlbufsiz, qthreshold, qtimeout };
}
