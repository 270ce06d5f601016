import koffi from 'koffi';
import { IOVEC, LITTLE_ENDIAN, MMSGHDR, MSGHDR, SOCKADDR_NL } from '../libc/abi.ts';
import { MSG_TRUNC } from '../libc/socket.ts';
import type { SocketCounters } from './socket-counters.ts';

/** Slots begin on cache lines; netlink's own alignment (four bytes) follows from it. */
const SLOT_ALIGNMENT = 64;
/** A length word of the header table, counted in 32-bit words. */
const HEADER_WORDS = MMSGHDR.size / 4;
const LENGTH_WORD = MMSGHDR.msg_len / 4;
const FLAGS_WORD = (MMSGHDR.msg_hdr + MSGHDR.msg_flags) / 4;
const SENDER_WORDS = SOCKADDR_NL.size / 4;
const SENDER_PORTID_WORD = SOCKADDR_NL.nl_pid / 4;

/** The sender that all datagrams from the kernel have. */
const KERNEL_PORTID = 0;

export interface ReceiveRingOptions {
  /** Datagrams that one system call may fetch, 1–1024. Default 32. */
  slots?: number;
  /** Bytes of the longest datagram taken whole; rounded up to a multiple of 64. Default 65536. */
  slotSize?: number;
}

/**
 * The memory that recvmmsg(2) fills: `slots` × `slotSize` bytes and the tables of pointers to them,
 * made once. All sockets share one ring: receiving is synchronous, and whoever wants to keep a
 * datagram copies it before the next receive.
 *
 * The tables hold raw addresses. They are taken from ArrayBuffers, whose storage V8 never moves,
 * and these stay referenced here, so that it is not freed either.
 */
export class ReceiveRing {
  readonly slots: number;
  readonly slotSize: number;
  /** All slots; slot `i` begins at `i * slotSize`. */
  readonly bytes: Buffer;
  /** The same memory as `bytes`, for the cursors. */
  readonly view: DataView;
  /** Bytes received in each slot; 0 for a datagram that is to be ignored. */
  readonly lengths: Uint32Array;
  /** The table of `struct mmsghdr` for recvmmsg. */
  readonly headers: Uint8Array;

  readonly #headerWords: Uint32Array;
  readonly #senders: Uint32Array;
  // Never read here: referenced because the header table points to it.
  readonly #vectors: DataView;

  constructor({ slots = 32, slotSize = 65536 }: ReceiveRingOptions = {}) {
    if (!Number.isInteger(slots) || slots < 1 || slots > 1024) {
      throw new RangeError(`receive ring of ${slots} slots; 1 to 1024 are possible`);
    }
    if (!Number.isInteger(slotSize) || slotSize < 1 || slotSize > 16 << 20) {
      throw new RangeError(`receive ring slots of ${slotSize} bytes; 1 to 16 MiB are possible`);
    }
    this.slots = slots;
    this.slotSize = Math.ceil(slotSize / SLOT_ALIGNMENT) * SLOT_ALIGNMENT;
    const memory = new ArrayBuffer(slots * this.slotSize);
    this.bytes = Buffer.from(memory);
    this.view = new DataView(memory);
    this.lengths = new Uint32Array(slots);

    const headers = new ArrayBuffer(slots * MMSGHDR.size);
    this.headers = new Uint8Array(headers);
    this.#headerWords = new Uint32Array(headers);
    const senders = new ArrayBuffer(slots * SOCKADDR_NL.size);
    this.#senders = new Uint32Array(senders);
    this.#vectors = new DataView(new ArrayBuffer(slots * IOVEC.size));
    this.#link(new DataView(headers), memory, senders);
  }

  /** Fills the tables in: header → sender address and vector → slot. */
  #link(headers: DataView, memory: ArrayBuffer, senders: ArrayBuffer): void {
    const slotAddress = koffi.address(memory);
    const senderAddress = koffi.address(senders);
    const vectorAddress = koffi.address(this.#vectors.buffer);
    for (let slot = 0; slot < this.slots; slot++) {
      const vector = slot * IOVEC.size;
      const base = slotAddress + BigInt(slot * this.slotSize);
      this.#vectors.setBigUint64(vector + IOVEC.iov_base, base, LITTLE_ENDIAN);
      this.#vectors.setBigUint64(vector + IOVEC.iov_len, BigInt(this.slotSize), LITTLE_ENDIAN);

      const header = slot * MMSGHDR.size + MMSGHDR.msg_hdr;
      const name = senderAddress + BigInt(slot * SOCKADDR_NL.size);
      headers.setBigUint64(header + MSGHDR.msg_name, name, LITTLE_ENDIAN);
      headers.setUint32(header + MSGHDR.msg_namelen, SOCKADDR_NL.size, LITTLE_ENDIAN);
      headers.setBigUint64(header + MSGHDR.msg_iov, vectorAddress + BigInt(vector), LITTLE_ENDIAN);
      headers.setBigUint64(header + MSGHDR.msg_iovlen, 1n, LITTLE_ENDIAN);
    }
  }

  /** Port id of the sender of slot `index`: 0 is the kernel. */
  portid(index: number): number {
    return this.#senders[index * SENDER_WORDS + SENDER_PORTID_WORD] ?? 0;
  }

  /** `msg_flags` of slot `index`. */
  flags(index: number): number {
    return this.#headerWords[index * HEADER_WORDS + FLAGS_WORD] ?? 0;
  }

  /** True when the datagram was longer than the slot, so that its end is missing. */
  truncated(index: number): boolean {
    return (this.flags(index) & MSG_TRUNC) !== 0;
  }

  /**
   * Takes over the results of recvmmsg for the first `count` slots: sets `lengths`, empties the
   * slots of datagrams that did not come from the kernel, and counts.
   *
   * `msg_namelen` needs no reset between calls: netlink writes back the size it was given.
   */
  complete(count: number, counters: SocketCounters): void {
    const { lengths } = this;
    for (let slot = 0; slot < count; slot++) {
      counters.datagrams++;
      if (this.truncated(slot)) counters.truncated++;
      if (this.portid(slot) === KERNEL_PORTID) {
        lengths[slot] = this.#headerWords[slot * HEADER_WORDS + LENGTH_WORD] ?? 0;
      } else {
        counters.foreign++;
        lengths[slot] = 0;
      }
    }
  }

  /**
   * Puts a datagram into a slot as if it had been received, cut to the slot's size; `complete` must
   * follow. For datagrams that were fetched by other means than recvmmsg.
   */
  put(index: number, datagram: Uint8Array, portid: number = KERNEL_PORTID): void {
    if (index < 0 || index >= this.slots) throw new RangeError(`no slot ${index} in the ring`);
    const fits = Math.min(datagram.length, this.slotSize);
    this.bytes.set(datagram.subarray(0, fits), index * this.slotSize);
    const header = index * HEADER_WORDS;
    this.#headerWords[header + LENGTH_WORD] = fits;
    this.#headerWords[header + FLAGS_WORD] = fits < datagram.length ? MSG_TRUNC : 0;
    this.#senders[index * SENDER_WORDS + SENDER_PORTID_WORD] = portid;
  }
}
