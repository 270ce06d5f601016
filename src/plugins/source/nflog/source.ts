import { setImmediate as nextTurn } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import {
  type DatagramSource,
  MessageCursor,
  type NflogOptions,
  type ReceiveBuffer,
  type ReceiveHandle,
  type ReceiveRing,
  slotSizeFor,
} from '../../../netlink/index.ts';
import { NFULNL_MSG_PACKET } from '../../../netlink/nflog-protocol.ts';
import type { Batch } from '../../../records/batch.ts';
import type { SourceContext, SourceCounters, SourceInstance } from '../../api.ts';
import { BlockKeys } from '../block-keys.ts';
import { NflogDecoder } from './decode.ts';
import { FAREWELL_MS, giveUpGroup } from './farewell.ts';
import { Pace } from './pace.ts';
import { SequenceGaps } from './sequence.ts';
import { SocketWatch, warnOfSmallBuffer } from './socket-watch.ts';
import { kernelOptions, type NflogValues, numericLabel } from './values.ts';

/** Bound on reading what was queued when nothing is added, or the loop reads on. */
const BACKLOG_MS = 10_000;

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
  readonly #watch: SocketWatch;
  readonly #message = new MessageCursor();
  #closed = false;
  #started = false;
  /** Nothing may be delivered for now. */
  #held = false;
  #options: NflogValues;
  #ring: ReceiveRing;
  readonly #pace: Pace;
  #handle: ReceiveHandle | undefined;
  #batch: Batch | undefined;
  #decoder: NflogDecoder | undefined;
  #blockKeys: BlockKeys | undefined;
  #deliver: () => void = () => {};

  constructor(context: SourceContext<NflogValues>, group: GroupSocket, pace = new Pace()) {
    this.#context = context;
    this.#group = group;
    this.#options = context.options;
    this.#ring = context.ring(slotSizeFor(this.#options.snaplen, this.#options.nlbufsiz));
    this.#pace = pace;
    this.#watch = new SocketWatch(group.counters, this.counters, context.log);
    warnOfSmallBuffer(group.receiveBuffer, context.receiveBuffer, context.log);
  }

  attach(batch: Batch, deliver: () => void): void {
    this.#batch = batch;
    this.#deliver = deliver;
    this.#decoder = new NflogDecoder(batch.columns);
    this.#nameBlock(batch, this.#decoder);
  }

  #nameBlock(batch: Batch, decoder: NflogDecoder): void {
    const { block, host } = this.#context;
    const { label } = this.#options;
    this.#blockKeys = new BlockKeys(batch.columns, { block, label, host: host.hostname });
    decoder.defaults.label = numericLabel(label);
  }

  start(): void {
    this.#started = true;
    this.#watchSocket();
  }

  #watchSocket(): void {
    this.#handle = this.#context.loop.add(this.#group.fd, (budget) => this.#drain(budget));
  }

  hold(): void {
    this.#held = true;
    this.#handle?.remove().catch((error) => this.#context.fail(error));
    this.#handle = undefined;
  }

  release(): void {
    this.#held = false;
    if (this.#started && !this.#closed) this.#watchSocket();
    this.#drainInBackground();
  }

  reconfigure(options: NflogValues): void {
    const wanted = kernelOptions(options);
    if (!isDeepStrictEqual(wanted, kernelOptions(this.#options))) this.#configureGroup(wanted);
    this.#options = options;
    if (this.#batch && this.#decoder) this.#nameBlock(this.#batch, this.#decoder);
  }

  #configureGroup(options: NflogOptions): void {
    // Never smaller: datagrams made with the old options may still be queued, here or in the kernel.
    const slotSize = slotSizeFor(options.snaplen, options.nlbufsiz);
    if (slotSize > this.#ring.slotSize) this.#ring = this.#context.ring(slotSize);
    try {
      this.#group.reconfigure(options);
    } finally {
      this.#watch.look();
      // What the request set aside makes no descriptor ready: the loop would not come for it.
      this.#drainInBackground();
    }
  }

  #drainInBackground(): void {
    this.#drainQueued(BACKLOG_MS).catch((error) => this.#context.fail(error));
  }

  async close(): Promise<void> {
    if (this.#held) this.release();
    let ended = false;
    try {
      ended = await giveUpGroup(this.#group, {
        qtimeout: this.#options.qtimeout,
        log: this.#context.log,
        readBacklog: () => {
          this.#watch.look();
          return this.#drainQueued(FAREWELL_MS);
        },
      });
    } finally {
      this.#watch.look();
      await this.#handle?.remove();
      try {
        const emptied = await this.#drainQueued(ended ? BACKLOG_MS : FAREWELL_MS);
        if (this.#watch.lossUncounted || (ended && !emptied)) this.#tellUncountedLoss();
      } finally {
        this.#closed = true;
        this.#group.close();
      }
    }
  }

  /**
   * Delivers what is waiting, for `limitMs` at most, in turns as short as those of the loop. Between
   * them the process's other work has its turn: outputs that write in the background would otherwise
   * have to drop rows.
   * Returns whether nothing is waiting any more.
   */
  async #drainQueued(limitMs: number): Promise<boolean> {
    const end = performance.now() + limitMs;
    while (!this.#closed && !this.#held && this.#drain(this.#ring.slots) > 0) {
      if (performance.now() >= end) return false;
      await nextTurn();
    }
    return true;
  }

  /** Delivers what is waiting, about `budget` datagrams at most. Returns their number. */
  #drain(budget: number): number {
    const pace = this.#pace;
    let total = 0;
    pace.beginTurn();
    for (;;) {
      const limit = Math.min(pace.limit, this.#ring.slots);
      const datagrams = this.#receive(limit);
      pace.received(datagrams);
      total += datagrams;
      if (this.#held || datagrams < limit || total >= budget) return total;
      if (pace.isTurnOver) return budget;
    }
  }

  /** Takes what one system call brings, `limit` datagrams at most, and delivers it. Returns the number of datagrams. */
  #receive(limit: number): number {
    const batch = this.#batch;
    const decoder = this.#decoder;
    if (!batch || !decoder) return 0;
    const ring = this.#ring;
    const datagrams = this.#group.receive(ring, limit);
    this.#watch.look();
    if (datagrams > 0) {
      const now = Date.now();
      decoder.defaults.second = Math.floor(now / 1000);
      decoder.defaults.microsecond = (now % 1000) * 1000;
      batch.begin(ring.bytes);
      for (let slot = 0; slot < datagrams && !this.#held; slot++) {
        this.#takeDatagram(slot, datagrams, batch, decoder);
      }
      if (batch.count > 0) this.#deliverBatch(batch);
    }
    if (datagrams < limit && !this.#held) this.#watch.queueEmpty();
    return datagrams;
  }

  #takeDatagram(slot: number, datagrams: number, batch: Batch, decoder: NflogDecoder): void {
    const start = slot * this.#ring.slotSize;
    const end = start + (this.#ring.lengths[slot] ?? 0);
    const message = this.#message.reset(this.#ring.view, start, end);
    while (message.next()) {
      if (message.type !== NFULNL_MSG_PACKET) continue;
      if (!decoder.decode(batch.count, message)) this.#countMalformed();
      if (decoder.sequence >= 0) this.#countLost(this.#gaps.take(decoder.sequence));
      batch.count++;
      this.counters.received++;
      if (batch.count < batch.capacity) continue;
      this.#deliverBatch(batch);
      batch.begin(this.#ring.bytes);
      if (this.#held) {
        this.#putBack(slot, message.nextOffset - start, datagrams);
        return;
      }
    }
    if (this.#ring.truncated(slot)) this.#countTruncated();
    else if (message.malformed) this.#countMalformed();
  }

  #deliverBatch(batch: Batch): void {
    this.#blockKeys?.fill(batch);
    this.#deliver();
  }

  /** Gives back what was received and may not be delivered yet: the ring is not this source's. */
  #putBack(slot: number, offset: number, datagrams: number): void {
    const { bytes, lengths, slotSize } = this.#ring;
    const rest: Uint8Array[] = [];
    for (let index = slot; index < datagrams; index++) {
      const start = index * slotSize;
      const from = index === slot ? start + offset : start;
      const end = start + (lengths[index] ?? 0);
      if (from < end) rest.push(Uint8Array.prototype.slice.call(bytes, from, end));
    }
    this.#group.putBack(rest);
  }

  #countLost(packets: number): void {
    this.#watch.packet(packets);
    if (packets === 0) return;
    this.counters.lost += packets;
    this.#context.log.counted(
      'packets lost: the kernel logs them faster than specter reads',
      packets,
    );
  }

  /** Numbers tell of lost packets only with what comes behind them. */
  #tellUncountedLoss(): void {
    this.#context.log.error(
      'packets were lost after the last one received; their number is unknown',
    );
  }

  #countTruncated(): void {
    this.counters.malformed++;
    this.#context.log.counted('datagrams cut off, longer than nlbufsiz and snaplen allow', 1);
  }

  #countMalformed(): void {
    this.counters.malformed++;
    this.#context.log.counted('malformed messages from the kernel', 1);
  }
}
