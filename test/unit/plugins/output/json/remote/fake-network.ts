import { Duplex } from 'node:stream';

type Done = (error?: Error | null) => void;

/** One end of a connection; what was written lies in `peer` until it is read. */
class FakeStream extends Duplex {
  readonly #write: (bytes: Buffer, done: Done) => void;

  constructor(write: (bytes: Buffer, done: Done) => void) {
    super({ allowHalfOpen: true });
    this.#write = write;
  }

  setTimeout(): void {}

  override _read(): void {}

  override _write(bytes: Buffer, _encoding: string, done: Done): void {
    this.#write(bytes, done);
  }
}

interface Peer {
  readonly stream: FakeStream;
  /** In the kernels' buffers, and what does not fit there yet. */
  unread: Buffer;
  held: { bytes: Buffer; done: Done } | undefined;
  read: Buffer;
}

/**
 * A receiver and the kernels between: it reads when it is told to, and what it has not read when the
 * connection is reset is lost.
 */
export class FakeNetwork {
  /** Whether there is a receiver that accepts connections. */
  listening = true;
  readonly #capacity: number;
  readonly #peers: Peer[] = [];

  /** @param capacity bytes that kernels hold for a receiver that does not read */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** As net.connect. */
  readonly connect = (): FakeStream => {
    const stream: FakeStream = new FakeStream((bytes, done) => {
      peer.held = { bytes, done };
      this.#fill(peer);
    });
    const peer: Peer = {
      ...{ stream, unread: Buffer.alloc(0), held: undefined, read: Buffer.alloc(0) },
    };
    if (this.listening) {
      this.#peers.push(peer);
      process.nextTick(() => stream.emit('connect'));
    } else stream.destroy(errorOf('ECONNREFUSED'));
    return stream;
  };

  /** Whole lines, of all connections. */
  get lines(): string[] {
    return this.#peers.flatMap(({ read }) => read.toString('latin1').split('\n').slice(0, -1));
  }

  /** Reads some of what there is. */
  read(bytes: number): void {
    for (const peer of this.#open()) {
      peer.read = Buffer.concat([peer.read, peer.unread.subarray(0, bytes)]);
      peer.unread = peer.unread.subarray(bytes);
      this.#fill(peer);
    }
  }

  /** The receiver dies: in order if it has read everything, as Linux does it. */
  kill(): void {
    for (const { stream, unread } of this.#open()) {
      if (unread.length === 0) stream.push(null);
      else stream.destroy(errorOf('ECONNRESET'));
    }
  }

  #open(): Peer[] {
    return this.#peers.filter(({ stream }) => !stream.destroyed && !stream.readableEnded);
  }

  /** What does not fit waits, as a whole. */
  #fill(peer: Peer): void {
    if (!peer.held || peer.unread.length >= this.#capacity) return;
    const { bytes, done } = peer.held;
    peer.held = undefined;
    peer.unread = Buffer.concat([peer.unread, bytes]);
    done();
  }
}

const errorOf = (code: string): Error => Object.assign(new Error(code), { code });
