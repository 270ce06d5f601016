import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import type { Counts, OutputCounters, PluginLog } from '../../../api.ts';
import { Fifo } from '../../exec/fifo.ts';
import { Outage } from '../../outage.ts';
import { CHUNK_SIZE, type Piece, RecordBuffer } from '../../queue/record-buffer.ts';
import type { RecordSink } from '../../record-sink.ts';

/** The longest datagram over IPv4: 2^16 − 1 less the headers of IP and UDP. */
const MAX_DATAGRAM = 65_507;
/** How long one turn of the event loop goes on sending. As long as a source may take for receiving. */
const TURN_MS = 4;
/** Datagrams between two looks at the clock. */
const BURST = 64;
/** How long `close` waits for the kernel. */
const DELIVER_MS = 2000;
const pace = { firstPause: 100, longestPause: 30_000, jitter: 0.5 };

export interface DatagramSinkOptions {
  /** For the log: `udp://[::1]:12345`. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** Most bytes in memory that wait to be sent. */
  readonly queueBytes: number;
  readonly log: PluginLog;
}

/**
 * Sends each record as a datagram. Nobody tells whether one arrives: what the network or the receiver
 * does not take is lost, and only what this machine knows of that is counted.
 */
export class DatagramSink implements RecordSink {
  readonly counters: OutputCounters = { written: 0, dropped: 0, errors: 0 };
  readonly maxRecord = CHUNK_SIZE;
  readonly #options: DatagramSinkOptions;
  readonly #buffer = new RecordBuffer();
  readonly #queue = new Fifo<Piece>();
  #queuedBytes = 0;
  readonly #outage = new Outage(pace);
  #socket: Socket | undefined;
  #inFlight = 0;
  #turn: NodeJS.Immediate | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  #renewing = false;
  #ended = false;
  #onIdle: (() => void) | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: DatagramSinkOptions) {
    this.#options = options;
    this.#connect();
  }

  get view(): DataView {
    return this.#buffer.view;
  }

  get position(): number {
    return this.#buffer.position;
  }

  reserve(bytes: number): boolean {
    if (this.#queuedBytes + bytes > this.#options.queueBytes) return false;
    this.#buffer.makeRoom(bytes);
    return true;
  }

  commit(position: number): void {
    this.#buffer.commit(position);
    const piece = this.#buffer.seal();
    if (!piece) return;
    if (piece.bytes.length > MAX_DATAGRAM) {
      this.#buffer.giveBack(piece.chunk);
      this.dropTooLong(1);
      return;
    }
    this.#queue.push(piece);
    this.#queuedBytes += piece.bytes.length;
  }

  drop(records: number): void {
    this.counters.dropped += records;
    const { log, name } = this.#options;
    log.counted(`records dropped because too many wait for ${name}`, records);
  }

  dropTooLong(records: number): void {
    this.counters.dropped += records;
    const { log } = this.#options;
    log.counted(`records dropped because they are too long for a datagram`, records);
  }

  endBatch(): void {
    if (this.#inFlight === 0 && !this.#turn) this.#send();
  }

  details(): Counts {
    return { queued: this.#queue.size + this.#inFlight };
  }

  /** Looks the receiver's name up again. */
  reopen(): void {
    this.#renewing = true;
    if (this.#inFlight === 0) this.#renew();
  }

  /** Sends what waits, for two seconds at most, and drops the rest. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.#whenIdle();
    this.#ended = true;
    clearTimeout(this.#retryTimer);
    clearImmediate(this.#turn);
    this.#socket?.close();
    this.#socket = undefined;
    const lost = this.#queue.size;
    while (this.#queue.shift());
    this.counters.dropped += lost;
    const { log, name } = this.#options;
    if (lost > 0) log.error(`${lost} records lost: ${name} has not taken them`);
  }

  #whenIdle(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#onIdle = undefined;
        resolve();
      };
      const timer = setTimeout(done, DELIVER_MS);
      this.#onIdle = done;
      this.#settle();
    });
  }

  #settle(): void {
    const isStuck = this.#retryTimer !== undefined;
    if (this.#inFlight === 0 && (this.#queue.size === 0 || isStuck)) this.#onIdle?.();
  }

  async #connect(): Promise<void> {
    this.#retryTimer = undefined;
    const { host, port, name, log } = this.#options;
    try {
      const { address, family } = await lookup(host);
      const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
      await connected(socket, port, address);
      if (this.#ended) {
        socket.close();
        return;
      }
      // What ICMP says about earlier datagrams.
      socket.on('error', (error) => this.#failed(error));
      this.#socket = socket;
      if (this.#outage.succeeded()) log.notice(`${name} can be sent to again`);
      this.#send();
    } catch (error) {
      this.counters.errors++;
      const reason = error instanceof Error ? error.message : String(error);
      if (this.#outage.failed() === 'begun') log.error(`${name}: ${reason}; trying again`);
      if (this.#ended) return;
      this.#retryTimer = setTimeout(() => this.#connect(), this.#outage.nextPause());
      this.#settle();
    }
  }

  #renew(): void {
    this.#renewing = false;
    if (!this.#socket) return;
    this.#socket.close();
    this.#socket = undefined;
    this.#connect();
  }

  #send(): void {
    this.#turn = undefined;
    const socket = this.#socket;
    if (!socket) return;
    const end = performance.now() + TURN_MS;
    do {
      for (let i = 0; i < BURST && this.#queue.size > 0; i++) this.#sendNext(socket);
    } while (this.#queue.size > 0 && performance.now() < end);
    this.#settle();
  }

  #sendNext(socket: Socket): void {
    const piece = this.#queue.shift();
    if (!piece) return;
    this.#queuedBytes -= piece.bytes.length;
    this.#inFlight++;
    this.#hand(socket, piece, true);
  }

  /** @param again whether to try once more if the kernel only passes on an earlier refusal */
  #hand(socket: Socket, piece: Piece, again: boolean): void {
    socket.send(piece.bytes, (error) => {
      if (error && again && codeOf(error) === 'ECONNREFUSED') {
        this.#failed(error);
        this.#hand(socket, piece, false);
      } else this.#sent(piece, error);
    });
  }

  #sent({ chunk, records }: Piece, error: Error | null): void {
    this.#buffer.giveBack(chunk);
    this.#inFlight--;
    if (error) {
      this.counters.dropped += records;
      this.#failed(error);
    } else this.counters.written += records;
    if (this.#inFlight > 0) return;
    if (this.#renewing) this.#renew();
    // In a turn of its own, so that a long queue does not keep packets waiting.
    else if (this.#queue.size > 0) this.#turn ??= setImmediate(() => this.#send());
    else this.#settle();
  }

  #failed(error: Error): void {
    this.counters.errors++;
    const { log, name } = this.#options;
    log.counted(`datagrams to ${name}: ${codeOf(error) ?? error.message}`, 1);
  }
}

/** connect(2): datagrams go to one peer, whose refusals are reported. */
async function connected(socket: Socket, port: number, address: string): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.connect(port, address, () => {
        socket.off('error', reject);
        resolve();
      });
    });
  } catch (error) {
    socket.close();
    throw error;
  }
}

const codeOf = (error: Error): string | undefined =>
  'code' in error && typeof error.code === 'string' ? error.code : undefined;
