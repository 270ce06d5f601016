import { LITTLE_ENDIAN, SOCKADDR_NL } from '../libc/abi.ts';
import { lastErrno } from '../libc/library.ts';
import { PollTable } from '../libc/poll.ts';
import { MSG_DONTWAIT, MSG_PEEK, MSG_TRUNC, recvfrom, send } from '../libc/socket.ts';
import { SyscallError } from '../libc/syscall-error.ts';
import { NLM_F_DUMP_INTR, NLMSG_DONE, NLMSG_ERROR } from './constants.ts';
import { MessageCursor } from './cursor.ts';
import type { SourceCounters } from './datagram-source.ts';
import { NetlinkError, readVerdict, type Verdict } from './error.ts';
import type { HeldDatagrams } from './held-datagrams.ts';

const EINTR = 4;
const EAGAIN = 11;
const ENOBUFS = 105;
const ETIMEDOUT = 110;

/** More than this of other datagrams before the answer, and the request counts as unanswered. */
const HELD_LIMIT = 64 << 20;
/** Datagrams set aside before sending, to end a congestion in which the answer would be dropped. */
const CLEAR_LIMIT = 1024;

export interface RequestOptions {
  /** What is asked for, with its subject, for errors: `bind NFLOG group 5`. */
  operation: string;
  /** Called for each message of a dump; the cursor is valid only during the call. */
  onReply?: (message: MessageCursor) => void;
  /** Longest wait for the end of the answer, in milliseconds. Default 2000. */
  timeoutMs?: number;
}

export interface RequestResult {
  /** The dump changed under way (NLM_F_DUMP_INTR): it may lack or repeat entries. */
  interrupted: boolean;
}

/** The socket, as far as a request needs it. */
interface Endpoint {
  readonly fd: number;
  readonly portid: number;
}

/**
 * Sends an encoded request and receives until it is answered; see `NetlinkSocket.request`.
 *
 * The kernel handles a request within the call that sends it, so that the answer is there at once
 * unless it is long; waiting here does not hold up the process in practice, and `timeoutMs` bounds
 * it in theory.
 */
export function exchange(
  socket: Endpoint,
  request: Uint8Array,
  sequence: number,
  held: HeldDatagrams,
  counters: SourceCounters,
  options: RequestOptions,
): RequestResult {
  const { operation, onReply, timeoutMs = 2000 } = options;
  const inbox = new Inbox(socket.fd, counters);
  const answer = new Answer(socket.portid, sequence, onReply);

  // A congested socket drops everything, answers too, until its queue has been read to the end.
  for (let count = 0; count < CLEAR_LIMIT; count++) {
    const datagram = inbox.receive();
    if (!datagram) break;
    held.push(datagram);
  }
  sendAll(socket.fd, request);

  const deadline = performance.now() + timeoutMs;
  const table = new PollTable();
  table.assign([socket.fd]);
  while (!answer.verdict) {
    const datagram = inbox.receive();
    if (datagram) {
      if (!answer.accept(datagram)) held.push(datagram);
      if (held.bytes <= HELD_LIMIT) continue;
    }
    const left = held.bytes > HELD_LIMIT ? 0 : Math.ceil(deadline - performance.now());
    if (left <= 0) throw unanswered(operation, inbox.overrun);
    table.wait(left);
  }
  const { errno, kernelMessage } = answer.verdict;
  if (errno !== 0) throw new NetlinkError({ operation, errno, kernelMessage });
  return { interrupted: answer.interrupted };
}

/** Collects the messages of one answer. */
class Answer {
  verdict: Verdict | undefined;
  interrupted = false;
  readonly #portid: number;
  readonly #sequence: number;
  readonly #onReply: ((message: MessageCursor) => void) | undefined;
  readonly #message = new MessageCursor();

  constructor(
    portid: number,
    sequence: number,
    onReply: ((message: MessageCursor) => void) | undefined,
  ) {
    this.#portid = portid;
    this.#sequence = sequence;
    this.#onReply = onReply;
  }

  /** Takes in a datagram; false when nothing of it belongs to the answer. */
  accept(datagram: Uint8Array): boolean {
    const { buffer, byteOffset, byteLength } = datagram;
    const message = this.#message.reset(
      new DataView(buffer, byteOffset, byteLength),
      0,
      byteLength,
    );
    let ours = false;
    while (message.next()) {
      if (message.sequence !== this.#sequence || message.portid !== this.#portid) continue;
      ours = true;
      if (message.flags & NLM_F_DUMP_INTR) this.interrupted = true;
      if (message.type === NLMSG_ERROR || message.type === NLMSG_DONE) {
        this.verdict = readVerdict(message);
      } else {
        this.#onReply?.(message);
      }
    }
    return ours;
  }
}

/** Receives datagrams one by one, each into memory of its own and of its size. */
class Inbox {
  /** The kernel reported lost datagrams since this was made. */
  overrun = false;
  readonly #fd: number;
  readonly #counters: SourceCounters;
  readonly #probe = new Uint8Array(new ArrayBuffer(1));
  readonly #sender = new DataView(new ArrayBuffer(SOCKADDR_NL.size));
  readonly #senderBytes = new Uint8Array(this.#sender.buffer);
  readonly #senderLength = new Uint32Array(1);

  constructor(fd: number, counters: SourceCounters) {
    this.#fd = fd;
    this.#counters = counters;
  }

  /** The next datagram from the kernel, undefined when none is there. */
  receive(): Uint8Array | undefined {
    for (;;) {
      const size = this.#recvfrom(this.#probe, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);
      if (size < 0) return undefined;
      const datagram = new Uint8Array(size);
      this.#recvfrom(datagram, MSG_DONTWAIT);
      if (this.#sender.getUint32(SOCKADDR_NL.nl_pid, LITTLE_ENDIAN) === 0) return datagram;
      this.#counters.datagrams++;
      this.#counters.foreign++;
    }
  }

  #recvfrom(bytes: Uint8Array, flags: number): number {
    for (;;) {
      this.#senderLength[0] = SOCKADDR_NL.size;
      const length = recvfrom(
        this.#fd,
        bytes,
        bytes.length,
        flags,
        this.#senderBytes,
        this.#senderLength,
      );
      if (length >= 0) return length;
      const errno = lastErrno();
      if (errno === EAGAIN) return -1;
      if (errno === ENOBUFS) {
        this.overrun = true;
        this.#counters.overruns++;
      } else if (errno !== EINTR) {
        throw new SyscallError('recvfrom', errno);
      }
    }
  }
}

function sendAll(fd: number, bytes: Uint8Array): void {
  for (;;) {
    if (send(fd, bytes, bytes.length, 0) !== -1) return;
    const errno = lastErrno();
    if (errno !== EINTR) throw new SyscallError('send', errno);
  }
}

function unanswered(operation: string, overrun: boolean): NetlinkError {
  const hint = overrun
    ? 'the receive buffer overran, which may have swallowed the answer: make it larger (rmem)'
    : undefined;
  return new NetlinkError({ operation, errno: ETIMEDOUT, hint });
}
