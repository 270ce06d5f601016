import { LITTLE_ENDIAN } from '../../libc/abi.ts';
import { EINTR, ENOBUFS, ERESTART } from '../../libc/errno.ts';
import { lastErrno } from '../../libc/library.ts';
import { getIntOption, SOL_SOCKET, send, setIntOption } from '../../libc/socket.ts';
import {
  NFGENMSG,
  NFNL_MSG_BATCH_BEGIN,
  NFNL_MSG_BATCH_END,
  NFNL_SUBSYS_NFTABLES,
  NLATTR,
  NLM_F_ECHO,
  NLM_F_REQUEST,
  NLMSG_ERROR,
  NLMSGHDR,
} from '../constants.ts';
import { MessageCursor } from '../cursor.ts';
import { readVerdict } from '../error.ts';
import { MessageBuilder } from '../message.ts';
import { ReceiveRing } from '../receive-ring.ts';
import type { NetlinkSocket } from '../socket.ts';
import { type ElementTemplate, fillKey } from './element-template.ts';
import { generationOf, readGeneration } from './generation.ts';
import { NFNL_BATCH_GENID, NFT_MSG_NEWGEN } from './protocol.ts';
import { findSet, type NftSet, type SetName } from './set.ts';

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
/** Errors and generations are short; the echo of an element, with long names, is of no use. */
const ANSWER_SLOT = 512;

/** What the kernel would not do, and why nothing of the transaction was done. */
export interface Refusal {
  /** The element's index in the transaction, from 0; −1 when it is about the transaction itself. */
  readonly element: number;
  /** Positive errno value. */
  readonly errno: number;
  readonly kernelMessage: string | undefined;
}

const NONE: readonly Refusal[] = [];
const OUTDATED: readonly Refusal[] = [{ element: -1, errno: ERESTART, kernelMessage: undefined }];

/** BATCH_BEGIN and BATCH_END: header and `struct nfgenmsg`, which names the subsystem. */
const boundary = (type: number): MessageBuilder =>
  new MessageBuilder(type, NLM_F_REQUEST).nfgenmsg(0, NFNL_SUBSYS_NFTABLES);
const BEGIN = boundary(NFNL_MSG_BATCH_BEGIN).be32(NFNL_BATCH_GENID, 0).finish(0, 0);
const END = boundary(NFNL_MSG_BATCH_END).finish(0, 0);
const GENERATION_AT = NLMSGHDR.size + NFGENMSG.size + NLATTR.size;

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
 * A transaction names the generation of the ruleset that it is meant for, and the kernel refuses it
 * in any other: a set that somebody makes anew, as by `nft -f`, may have the same name and keys of
 * the same length and yet be of another kind. The start of an interval without its end, which is how
 * a plain set's element looks to an interval set, would reach up to the highest address.
 *
 * Memory is taken once.
 */
export class Transaction {
  readonly #socket: NetlinkSocket;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #maxMessages: number;
  readonly #ring = new ReceiveRing({ slots: 32, slotSize: ANSWER_SLOT });
  readonly #answer = new MessageCursor();
  #length = 0;
  /** Sequence number of BATCH_BEGIN; the elements' messages have those that follow. */
  #base = 0;
  #messages = 0;
  #messagesEach = 1;
  /** The generation to name: the one that was read, or what own transactions made of it. */
  #generation = 0;
  #epoch = 0;

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
    this.#length = this.#boundary(BEGIN, 0, this.#base);
  }

  /** Whether an element with this template still fits. */
  fits({ bytes, messages }: ElementTemplate): boolean {
    const length = this.#length + bytes.length + END.length;
    return length <= this.#bytes.length && this.#messages + messages.length <= this.#maxMessages;
  }

  /** Appends the messages of an element, whose key begins at `at` of `keys`. */
  append(template: ElementTemplate, keys: Uint8Array, at: number): void {
    const start = this.#length;
    const bytes = this.#bytes;
    bytes.set(template.bytes, start);
    const { messages } = template;
    if (this.#messages === 0) this.#requestEcho(start);
    for (let i = 0; i < messages.length; i++) {
      this.#messages++;
      this.#address(start + (messages[i] as number), this.#base + this.#messages);
    }
    fillKey(template, keys, at, bytes, start);
    this.#length = start + template.bytes.length;
  }

  /**
   * Hands the transaction to the kernel, which carries it out before this returns, or refuses it.
   * May be called again, after `catchUp`.
   *
   * @returns nothing when all was done; otherwise nothing was, and what would have failed
   */
  commit(): readonly Refusal[] {
    if (this.#epoch === 0) return OUTDATED;
    this.#view.setUint32(GENERATION_AT, this.#generation);
    const length = this.#boundary(END, this.#length, this.#base + this.#messages + 1);
    const errno = this.#send(length);
    if (errno !== 0) return [{ element: -1, errno, kernelMessage: undefined }];
    return this.#refusals();
  }

  /**
   * Changes when somebody else may have changed the ruleset: a set that was looked up before has to
   * be looked up again. 0 at first, when no generation is known.
   */
  get epoch(): number {
    return this.#epoch;
  }

  /** After ERESTART: what follows is meant for the ruleset as it is now. */
  catchUp(): void {
    this.#generation = readGeneration(this.#socket);
    this.#epoch++;
  }

  find(name: SetName): NftSet | 'no table' | 'no set' {
    return findSet(this.#socket, name);
  }

  /** For questions about elements before a transaction begins. */
  get socket(): NetlinkSocket {
    return this.#socket;
  }

  #send(length: number): number {
    while (send(this.#socket.fd, this.#bytes, length, 0) === -1) {
      const errno = lastErrno();
      if (errno !== EINTR) return errno;
    }
    return 0;
  }

  /** The kernel answers before `send` returns: errors, or the generation if there is a new one. */
  #refusals(): readonly Refusal[] {
    const { counters } = this.#socket;
    const { overruns } = counters;
    let refusals: Refusal[] | undefined;
    const ring = this.#ring;
    for (;;) {
      const count = this.#socket.receive(ring);
      for (let slot = 0; slot < count; slot++) refusals = this.#read(slot, refusals);
      if (count < ring.slots) break;
    }
    if (counters.overruns !== overruns) {
      refusals ??= [];
      refusals.push({ element: -1, errno: ENOBUFS, kernelMessage: undefined });
    }
    return refusals ?? NONE;
  }

  #read(slot: number, before: Refusal[] | undefined): Refusal[] | undefined {
    let refusals = before;
    const start = slot * this.#ring.slotSize;
    const answer = this.#answer.reset(
      this.#ring.view,
      start,
      start + (this.#ring.lengths[slot] ?? 0),
    );
    while (answer.next()) {
      const index = answer.sequence - this.#base - 1;
      if (index === 0 && answer.type === NFT_MSG_NEWGEN) this.#generation = generationOf(answer);
      if (answer.type !== NLMSG_ERROR || index < -1 || index > this.#messages) continue;
      const { errno, kernelMessage } = readVerdict(answer);
      if (errno === 0) continue;
      const isElement = index >= 0 && index < this.#messages;
      const element = isElement ? Math.floor(index / this.#messagesEach) : -1;
      refusals ??= [];
      refusals.push({ element, errno, kernelMessage });
    }
    return refusals;
  }

  /** On a transaction's first message: the kernel tells the generation that it makes, if any. */
  #requestEcho(message: number): void {
    const at = message + NLMSGHDR.nlmsg_flags;
    this.#view.setUint16(at, this.#view.getUint16(at, LITTLE_ENDIAN) | NLM_F_ECHO, LITTLE_ENDIAN);
  }

  /** Writes BATCH_BEGIN or BATCH_END; returns where it ends. */
  #boundary(message: Uint8Array, at: number, sequence: number): number {
    this.#bytes.set(message, at);
    this.#address(at, sequence);
    return at + message.length;
  }

  #address(message: number, sequence: number): void {
    this.#view.setUint32(message + NLMSGHDR.nlmsg_seq, sequence, LITTLE_ENDIAN);
    this.#view.setUint32(message + NLMSGHDR.nlmsg_pid, this.#socket.portid, LITTLE_ENDIAN);
  }
}
