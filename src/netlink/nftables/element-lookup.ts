import { LITTLE_ENDIAN } from '../../libc/abi.ts';
import { ENOENT } from '../../libc/errno.ts';
import { getIntOption, SO_RCVBUF, SOL_SOCKET, send } from '../../libc/socket.ts';
import { NLMSG_ERROR, NLMSGHDR } from '../constants.ts';
import { MessageCursor } from '../cursor.ts';
import { readVerdict } from '../error.ts';
import { ReceiveRing } from '../receive-ring.ts';
import type { NetlinkSocket } from '../socket.ts';
import { ElementAnswer } from './element-answer.ts';
import { type ElementTemplate, elementTemplate, fillKey, isHighest } from './element-template.ts';
import { NFT_MSG_NEWSETELEM } from './protocol.ts';
import type { NftSet } from './set.ts';

/** Receive buffer for the answers about one element, of which there are two at most. */
const ANSWER_COST = 16 << 10;
/** Elements that one datagram asks for at most. */
const MOST_AT_ONCE = 128;

/** What the kernel says of an element; nothing, as when it has no room for its answers. */
export const UNKNOWN = 0;
export const ABSENT = 1;
/** The set has this very element. */
export const PRESENT = 2;
/** A longer interval of the set has it. */
export const COVERED = 3;

/**
 * Looks elements up before a transaction: a few µs each. A refused transaction takes a thousand times
 * as long, so that whoever sends packets might have specter wait all the time. And one change that it
 * must not make the kernel does not refuse: an interval that reaches up to the highest address, such
 * as 240.0.0.0/4, has no end in the kernel; adding 240.0.0.0 would give it one, and take all other
 * addresses out of it.
 */
export class ElementLookup {
  /** For each element of the last `ask`. */
  readonly states: Uint8Array;
  readonly #socket: NetlinkSocket;
  readonly #keyLength: number;
  readonly #template: ElementTemplate;
  readonly #lastTemplate: ElementTemplate;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #atOnce: number;
  readonly #ring = new ReceiveRing({ slots: 32, slotSize: 4096 });
  readonly #message = new MessageCursor();
  readonly #answer = new ElementAnswer();
  #sequence = 0;

  /**
   * @param socket NETLINK_NETFILTER, which nobody else receives from
   * @param capacity most elements for one call of `ask`
   */
  constructor(socket: NetlinkSocket, set: NftSet, capacity: number) {
    this.#socket = socket;
    this.#keyLength = set.keyLength;
    this.#template = elementTemplate(set, ['look up'], 0, false);
    this.#lastTemplate = elementTemplate(set, ['look up'], 0, true);
    const buffer = getIntOption(socket.fd, SOL_SOCKET, SO_RCVBUF, 'SO_RCVBUF');
    this.#atOnce = Math.max(1, Math.min(MOST_AT_ONCE, Math.floor(buffer / ANSWER_COST)));
    const longest = Math.max(this.#template.bytes.length, this.#lastTemplate.bytes.length);
    this.#bytes = new Uint8Array(new ArrayBuffer(longest * this.#atOnce));
    this.#view = new DataView(this.#bytes.buffer);
    this.states = new Uint8Array(capacity);
  }

  /** Fills `states`. @param keys the elements' keys, one behind the other */
  ask(keys: Uint8Array, count: number): void {
    this.states.fill(UNKNOWN, 0, count);
    for (let from = 0; from < count; from += this.#atOnce) {
      this.#askFor(keys, from, Math.min(count, from + this.#atOnce));
    }
  }

  #askFor(keys: Uint8Array, from: number, end: number): void {
    // 0 is what the kernel puts into messages that nobody asked for.
    if (this.#sequence > 0x7000_0000) this.#sequence = 0;
    const base = this.#sequence + 1;
    this.#sequence += end - from;
    let length = 0;
    for (let element = from; element < end; element++) {
      const at = element * this.#keyLength;
      const isLast = isHighest(keys, at, this.#keyLength);
      const template = isLast ? this.#lastTemplate : this.#template;
      this.#bytes.set(template.bytes, length);
      fillKey(template, keys, at, this.#bytes, length);
      const sequence = base + element - from;
      this.#view.setUint32(length + NLMSGHDR.nlmsg_seq, sequence, LITTLE_ENDIAN);
      this.#view.setUint32(length + NLMSGHDR.nlmsg_pid, this.#socket.portid, LITTLE_ENDIAN);
      length += template.bytes.length;
    }
    // Whatever is wrong, the transaction will tell.
    if (send(this.#socket.fd, this.#bytes, length, 0) === -1) return;
    this.#receive(keys, from, end, base);
  }

  /** The kernel has answered before `send` returned. */
  #receive(keys: Uint8Array, from: number, end: number, base: number): void {
    const ring = this.#ring;
    const message = this.#message;
    for (let count = ring.slots; count === ring.slots; ) {
      count = this.#socket.receive(ring);
      for (let slot = 0; slot < count; slot++) {
        const start = slot * ring.slotSize;
        message.reset(ring.view, start, start + (ring.lengths[slot] ?? 0));
        while (message.next()) {
          const element = message.sequence - base + from;
          if (element >= from && element < end) this.#read(keys, element);
        }
      }
    }
  }

  #read(keys: Uint8Array, element: number): void {
    const message = this.#message;
    const state = this.states[element] as number;
    if (message.type === NLMSG_ERROR) {
      // The key that follows the element's need not be there.
      if (state === UNKNOWN && readVerdict(message).errno === ENOENT) {
        this.states[element] = ABSENT;
      }
    } else if (message.type === NFT_MSG_NEWSETELEM && this.#answer.read(message)) {
      this.states[element] = this.#stateOf(keys, element, state);
    }
  }

  /**
   * An interval of a concatenation is told with both its ends. Any other one is told with its first
   * key: for the element's own key, and in a second answer for the key that follows.
   */
  #stateOf(keys: Uint8Array, element: number, before: number): number {
    const answer = this.#answer;
    const length = this.#keyLength;
    const at = element * length;
    const isOwn = answer.isKey(keys, at, length);
    if (before !== UNKNOWN) return isOwn ? COVERED : before;
    return isOwn && (!answer.hasEnd || answer.isKeyEnd(keys, at, length)) ? PRESENT : COVERED;
  }
}
