import { LITTLE_ENDIAN } from '../../libc/abi.ts';
import { lastErrno } from '../../libc/library.ts';
import { getIntOption, SOL_SOCKET, send, setIntOption } from '../../libc/socket.ts';
import {
  NFGENMSG,
  NFNL_MSG_BATCH_BEGIN,
  NFNL_MSG_BATCH_END,
  NFNL_SUBSYS_NFTABLES,
  NLM_F_REQUEST,
  NLMSG_ERROR,
  NLMSGHDR,
} from '../constants.ts';
import { MessageCursor } from '../cursor.ts';
import { readVerdict } from '../error.ts';
import { MessageBuilder } from '../message.ts';
import { ReceiveRing } from '../receive-ring.ts';
import type { NetlinkSocket } from '../socket.ts';
import type { ElementTemplate } from './element-template.ts';

const EINTR = 4;
const ENOBUFS = 105;
/** include/asm-generic/socket.h */
const SO_SNDBUF = 7;

/** Bytes of a transaction at most. 1024 IPv6 elements with timeouts take about 100 KiB. */
const WANTED_LENGTH = 256 << 10;
/** What netlink_sendmsg keeps back of the send buffer. */
const SEND_RESERVE = 32;
/** Receive buffer to ask for, in bytes: each message of a transaction may fail. */
const WANTED_RECEIVE_BUFFER = 4 << 20;
/** What one error message takes of the receive buffer, bookkeeping included, and rounded up. */
const ERROR_COST = 1536;
/** An error message without the request's content has 36 bytes, and attributes of its own. */
const ERROR_SLOT = 512;

/** What the kernel would not do, and why nothing of the transaction was done. */
export interface Refusal {
  /** The element's index in the transaction, from 0; −1 when it is about the transaction itself. */
  readonly element: number;
  /** Positive errno value. */
  readonly errno: number;
  readonly kernelMessage: string | undefined;
}

const NONE: readonly Refusal[] = [];

/** BATCH_BEGIN and BATCH_END: header and `struct nfgenmsg`, which names the subsystem. */
const BOUNDARY_LENGTH = NLMSGHDR.size + NFGENMSG.size;
const boundary = (type: number): Uint8Array =>
  new MessageBuilder(type, NLM_F_REQUEST).nfgenmsg(0, NFNL_SUBSYS_NFTABLES).finish(0, 0).slice();

/**
 * Changes of nf_tables that the kernel makes all or none of, in one datagram: NFNL_MSG_BATCH_BEGIN,
 * a run of messages for each element, NFNL_MSG_BATCH_END.
 *
 * Each element has messages of its own, although one could hold many: that costs the kernel a
 * quarter more (0.9 instead of 0.7 µs an element), and an error tells its element. The kernel works
 * through all messages even when one has failed, so that one attempt finds every culprit. A failed
 * one takes milliseconds, since the kernel waits for all processors (synchronize_rcu) before it
 * gives back what it had prepared.
 *
 * Memory is taken once; a transaction without errors allocates nothing.
 */
export class Transaction {
  readonly #socket: NetlinkSocket;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #maxMessages: number;
  readonly #begin = boundary(NFNL_MSG_BATCH_BEGIN);
  readonly #end = boundary(NFNL_MSG_BATCH_END);
  readonly #ring = new ReceiveRing({ slots: 32, slotSize: ERROR_SLOT });
  readonly #answer = new MessageCursor();
  #length = 0;
  /** Sequence number of BATCH_BEGIN; the elements' messages have those that follow. */
  #base = 0;
  #messages = 0;
  #messagesEach = 1;

  /** @param socket NETLINK_NETFILTER, which nobody else receives from */
  constructor(socket: NetlinkSocket) {
    this.#socket = socket;
    setIntOption(socket.fd, SOL_SOCKET, SO_SNDBUF, WANTED_LENGTH, 'SO_SNDBUF');
    const granted = getIntOption(socket.fd, SOL_SOCKET, SO_SNDBUF, 'SO_SNDBUF') - SEND_RESERVE;
    this.#bytes = new Uint8Array(new ArrayBuffer(Math.min(granted, WANTED_LENGTH)));
    this.#view = new DataView(this.#bytes.buffer);
    const buffer = socket.setReceiveBuffer(WANTED_RECEIVE_BUFFER);
    this.#maxMessages = Math.floor(buffer.granted / ERROR_COST);
  }

  /** Begins a transaction of elements that have `messagesEach` messages each. */
  begin(messagesEach: number): void {
    // Numbers go on from one transaction to the next, so that no late answer is mistaken.
    this.#base = this.#base + this.#messages + 2;
    if (this.#base > 0x7000_0000) this.#base = 1;
    this.#messages = 0;
    this.#messagesEach = messagesEach;
    this.#length = this.#boundary(this.#begin, 0, this.#base);
  }

  /** Whether an element with this template still fits. */
  fits({ bytes, messages }: ElementTemplate): boolean {
    const length = this.#length + bytes.length + BOUNDARY_LENGTH;
    return length <= this.#bytes.length && this.#messages + messages.length <= this.#maxMessages;
  }

  /** Appends the messages of an element, whose key begins at `at` of `keys`. */
  append(template: ElementTemplate, keys: Uint8Array, at: number): void {
    const start = this.#length;
    const bytes = this.#bytes;
    bytes.set(template.bytes, start);
    const { keyLength, messages, keys: places, ends } = template;
    for (let i = 0; i < messages.length; i++) {
      this.#messages++;
      this.#address(start + (messages[i] as number), this.#base + this.#messages);
    }
    for (let i = 0; i < places.length; i++) {
      const place = start + (places[i] as number);
      for (let k = 0; k < keyLength; k++) bytes[place + k] = keys[at + k] as number;
    }
    for (let i = 0; i < ends.length; i++) {
      successor(keys, at, keyLength, bytes, start + (ends[i] as number));
    }
    this.#length = start + template.bytes.length;
  }

  /**
   * Hands the transaction to the kernel, which carries it out before this returns, or refuses it.
   *
   * @returns nothing when all was done; otherwise nothing was, and what would have failed
   */
  commit(): readonly Refusal[] {
    const end = this.#base + this.#messages + 1;
    this.#length = this.#boundary(this.#end, this.#length, end);
    const errno = this.#send();
    if (errno !== 0) return [{ element: -1, errno, kernelMessage: undefined }];
    return this.#refusals();
  }

  #send(): number {
    while (send(this.#socket.fd, this.#bytes, this.#length, 0) === -1) {
      const errno = lastErrno();
      if (errno !== EINTR) return errno;
    }
    return 0;
  }

  /** The kernel answers before `send` returns, and nothing unless there are errors. */
  #refusals(): readonly Refusal[] {
    const { counters } = this.#socket;
    const { overruns } = counters;
    let refusals: Refusal[] | undefined;
    const ring = this.#ring;
    for (;;) {
      const count = this.#socket.receive(ring);
      for (let slot = 0; slot < count; slot++) {
        refusals ??= [];
        this.#read(slot, refusals);
      }
      if (count < ring.slots) break;
    }
    if (counters.overruns !== overruns) {
      refusals ??= [];
      refusals.push({ element: -1, errno: ENOBUFS, kernelMessage: undefined });
    }
    return refusals ?? NONE;
  }

  #read(slot: number, refusals: Refusal[]): void {
    const start = slot * this.#ring.slotSize;
    const answer = this.#answer.reset(
      this.#ring.view,
      start,
      start + (this.#ring.lengths[slot] ?? 0),
    );
    while (answer.next()) {
      const index = answer.sequence - this.#base - 1;
      if (answer.type !== NLMSG_ERROR || index < -1 || index > this.#messages) continue;
      const { errno, kernelMessage } = readVerdict(answer);
      if (errno === 0) continue;
      const isElement = index >= 0 && index < this.#messages;
      const element = isElement ? Math.floor(index / this.#messagesEach) : -1;
      refusals.push({ element, errno, kernelMessage });
    }
  }

  /** Writes BATCH_BEGIN or BATCH_END; returns where it ends. */
  #boundary(message: Uint8Array, at: number, sequence: number): number {
    this.#bytes.set(message, at);
    this.#address(at, sequence);
    return at + BOUNDARY_LENGTH;
  }

  #address(message: number, sequence: number): void {
    this.#view.setUint32(message + NLMSGHDR.nlmsg_seq, sequence, LITTLE_ENDIAN);
    this.#view.setUint32(message + NLMSGHDR.nlmsg_pid, this.#socket.portid, LITTLE_ENDIAN);
  }
}

/** Writes the key that follows, as a number in network order; not for the highest one. */
function successor(
  keys: Uint8Array,
  at: number,
  length: number,
  out: Uint8Array,
  place: number,
): void {
  let carry = 1;
  for (let k = length - 1; k >= 0; k--) {
    const sum = (keys[at + k] as number) + carry;
    out[place + k] = sum;
    carry = sum >> 8;
  }
}
