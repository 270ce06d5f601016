import { EINTR, ETIMEDOUT } from '../libc/errno.ts';
import { lastErrno } from '../libc/library.ts';
import { PollTable } from '../libc/poll.ts';
import { send } from '../libc/socket.ts';
import { SyscallError } from '../libc/syscall-error.ts';
import { NLM_F_DUMP_INTR, NLMSG_DONE, NLMSG_ERROR } from './constants.ts';
import { MessageCursor } from './cursor.ts';
import { NetlinkError, readVerdict, type Verdict } from './error.ts';
import type { HeldDatagrams } from './held-datagrams.ts';
import { Inbox } from './inbox.ts';
import type { SocketCounters } from './socket-counters.ts';

/** Bytes of other datagrams that are kept until the answer comes; more, and nothing is sent. */
const HELD_LIMIT = 64 << 20;
/** Times a request is sent when overruns swallow its answer. */
const ATTEMPTS = 5;
/** Bound on standing still for a request: other sockets, timers and outputs wait meanwhile. */
const TIMEOUT_MS = 200;

export interface RequestOptions {
  /** What is asked for, with its subject, for errors: `bind NFLOG group 5`. */
  operation: string;
  /** Called for each message of a dump; the cursor is valid only during the call. */
  onReply?: (message: MessageCursor) => void;
  /**
   * Longest time for the request, in milliseconds: for setting aside what is waiting and for an
   * answer to begin or go on. The process stands still meanwhile. Default 200.
   */
  timeoutMs?: number;
  /**
   * The errno by which the kernel refuses this request when it has been carried out already. An
   * answer may be swallowed by an overrun of the receive buffer; the request is then sent again,
   * and this errno is as good as an acknowledgement. Without it the request must bear repetition.
   */
  doneErrno?: number;
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
 * The kernel handles a request within the call that sends it, so that the answer is there at once,
 * behind what was waiting before. Only a long backlog takes time; `timeoutMs` bounds it.
 */
export function exchange(
  socket: Endpoint,
  request: Uint8Array,
  sequence: number,
  held: HeldDatagrams,
  counters: SocketCounters,
  options: RequestOptions,
): RequestResult {
  const { operation, onReply, timeoutMs = TIMEOUT_MS, doneErrno } = options;
  const inbox = new Inbox(socket.fd, counters);
  const answer = new Answer(socket.portid, sequence, onReply);
  const table = new PollTable();
  table.assign([socket.fd]);
  const deadline = performance.now() + timeoutMs;

  for (let attempt = 1; attempt <= ATTEMPTS && setAside(inbox, held, deadline); attempt++) {
    inbox.overrun = false;
    sendAll(socket.fd, request);
    const verdict = awaitVerdict(inbox, answer, held, table, deadline);
    if (verdict) {
      const { errno, kernelMessage } = verdict;
      const done = errno === 0 || (attempt > 1 && errno === doneErrno);
      if (!done) throw new NetlinkError({ operation, errno, kernelMessage });
      return { interrupted: answer.interrupted };
    }
    if (!inbox.overrun) throw new NetlinkError({ operation, errno: ETIMEDOUT });
  }
  const hint = 'packets come faster than they can be read: try again when less is logged';
  throw new NetlinkError({ operation, errno: ETIMEDOUT, hint });
}

/**
 * Empties the socket's queue: once congested, a socket drops everything, answers too and without
 * reporting it again, until its queue has been read to the end. False when a bound came first.
 */
function setAside(inbox: Inbox, held: HeldDatagrams, deadline: number): boolean {
  while (held.bytes <= HELD_LIMIT) {
    const datagram = inbox.receive();
    if (!datagram) return true;
    held.push(datagram);
    if (performance.now() >= deadline) return false;
  }
  return false;
}

/** The verdict on the request just sent; undefined when it is lost or does not come in time. */
function awaitVerdict(
  inbox: Inbox,
  answer: Answer,
  held: HeldDatagrams,
  table: PollTable,
  deadline: number,
): Verdict | undefined {
  while (!answer.verdict && held.bytes <= HELD_LIMIT) {
    const datagram = inbox.receive();
    if (datagram && answer.accept(datagram)) continue;
    if (datagram) held.push(datagram);
    // The kernel answered before the request's send returned: what is not here was swallowed.
    else if (inbox.overrun) return undefined;
    const left = Math.ceil(deadline - performance.now());
    if (left <= 0) return undefined;
    if (!datagram) table.wait(left);
  }
  return answer.verdict;
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

function sendAll(fd: number, bytes: Uint8Array): void {
  for (;;) {
    if (send(fd, bytes, bytes.length, 0) !== -1) return;
    const errno = lastErrno();
    if (errno !== EINTR) throw new SyscallError('send', errno);
  }
}
