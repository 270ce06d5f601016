import { NLATTR, NLM_F_CREATE, NLM_F_REQUEST } from '../constants.ts';
import { MessageBuilder } from '../message.ts';
import {
  families,
  NFT_MSG_DELSETELEM,
  NFT_MSG_GETSETELEM,
  NFT_MSG_NEWSETELEM,
  NFT_SET_ELEM_INTERVAL_END,
  NFTA_DATA_VALUE,
  NFTA_LIST_ELEM,
  NFTA_SET_ELEM_EXPIRATION,
  NFTA_SET_ELEM_FLAGS,
  NFTA_SET_ELEM_KEY,
  NFTA_SET_ELEM_KEY_END,
  NFTA_SET_ELEM_LIST_ELEMENTS,
  NFTA_SET_ELEM_LIST_SET,
  NFTA_SET_ELEM_LIST_TABLE,
  NFTA_SET_ELEM_TIMEOUT,
  NFTA_SET_ELEM_USERDATA,
} from './protocol.ts';
import type { NftSet } from './set.ts';

export type ElementStep = 'add' | 'delete' | 'look up';

/** Message type and flags. */
const kinds: Readonly<Record<ElementStep, readonly [number, number]>> = {
  add: [NFT_MSG_NEWSETELEM, NLM_F_CREATE],
  delete: [NFT_MSG_DELSETELEM, 0],
  'look up': [NFT_MSG_GETSETELEM, 0],
};

/**
 * The messages about one element of a set, complete but for sequence numbers and the element's key:
 * all elements of a set have the same, so that each takes a copy and its key.
 */
export interface ElementTemplate {
  readonly bytes: Uint8Array;
  /** Bytes of a key. */
  readonly keyLength: number;
  /** Where each message begins. */
  readonly messages: readonly number[];
  /** Where the key goes. */
  readonly keys: readonly number[];
  /** Where the key goes that ends an interval: the first one behind it. */
  readonly ends: readonly number[];
}

/** nft's note on an element: type SET_ELEM_FLAGS, four bytes, SET_ELEM_F_INTERVAL_OPEN. */
const OPEN_INTERVAL = Uint8Array.of(1, 4, 1, 0, 0, 0);

/**
 * @param steps what to do with the element, a message for each
 * @param timeoutMs how long an added element stays; 0: as long as the set says
 * @param isLast for the highest key there is: no other one can end its interval
 */
export function elementTemplate(
  set: NftSet,
  steps: readonly ElementStep[],
  timeoutMs: number,
  isLast: boolean,
): ElementTemplate {
  const template = { messages: [] as number[], keys: [] as number[], ends: [] as number[] };
  const parts: Uint8Array[] = [];
  let start = 0;
  for (const step of steps) {
    const writer = new ElementMessage(set, step, step === 'add' ? timeoutMs : 0, isLast);
    const bytes = writer.finish();
    template.messages.push(start);
    template.keys.push(...writer.keys.map((at) => start + at));
    template.ends.push(...writer.ends.map((at) => start + at));
    parts.push(bytes);
    start += bytes.length;
  }
  return { ...template, bytes: Buffer.concat(parts), keyLength: set.keyLength };
}

/** Writes a key into a copy of its template, which begins at `start` of `out`. */
export function fillKey(
  { keyLength, keys: places, ends }: ElementTemplate,
  keys: Uint8Array,
  at: number,
  out: Uint8Array,
  start: number,
): void {
  for (let i = 0; i < places.length; i++) {
    const place = start + (places[i] as number);
    for (let k = 0; k < keyLength; k++) out[place + k] = keys[at + k] as number;
  }
  for (let i = 0; i < ends.length; i++) {
    successor(keys, at, keyLength, out, start + (ends[i] as number));
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

/** Whether no other key follows this one. */
export function isHighest(keys: Uint8Array, at: number, length: number): boolean {
  for (let k = 0; k < length; k++) {
    if (keys[at + k] !== 0xff) return false;
  }
  return true;
}

/** One message about one element. */
class ElementMessage {
  readonly keys: number[] = [];
  readonly ends: number[] = [];
  readonly #message: MessageBuilder;
  readonly #blank: Uint8Array;

  constructor(set: NftSet, step: ElementStep, timeoutMs: number, isLast: boolean) {
    const { family, table, set: name } = set.name;
    const [type, flags] = kinds[step];
    this.#blank = new Uint8Array(set.keyLength);
    this.#message = new MessageBuilder(type, NLM_F_REQUEST | flags)
      .nfgenmsg(families[family], 0)
      .text(NFTA_SET_ELEM_LIST_TABLE, table)
      .text(NFTA_SET_ELEM_LIST_SET, name);
    const isConcatenation = (set.fields?.length ?? 1) > 1;
    this.#message.nest(NFTA_SET_ELEM_LIST_ELEMENTS, () => {
      // An interval of a concatenation is one element with two keys, any other one two elements.
      const isRange = set.isInterval && isConcatenation;
      const isOpen = set.isInterval && !isConcatenation && isLast;
      this.#element(timeoutMs, isRange, isOpen);
      if (set.isInterval && !isConcatenation && !isLast) this.#end(step);
    });
  }

  finish(): Uint8Array {
    return this.#message.finish(0, 0).slice();
  }

  #element(timeoutMs: number, isRange: boolean, isOpen: boolean): void {
    this.#message.nest(NFTA_LIST_ELEM, (message) => {
      this.#key(NFTA_SET_ELEM_KEY, this.keys);
      if (isRange) this.#key(NFTA_SET_ELEM_KEY_END, this.keys);
      if (timeoutMs > 0) {
        message.be64(NFTA_SET_ELEM_TIMEOUT, BigInt(timeoutMs));
        // Without it the kernel leaves the clock of an element that is there alone.
        message.be64(NFTA_SET_ELEM_EXPIRATION, BigInt(timeoutMs));
      }
      if (isOpen) message.bytes(NFTA_SET_ELEM_USERDATA, OPEN_INTERVAL);
    });
  }

  /** A look-up does not want the end, which the kernel confuses with a start at the same key. */
  #end(step: ElementStep): void {
    this.#message.nest(NFTA_LIST_ELEM, (message) => {
      if (step !== 'look up') message.be32(NFTA_SET_ELEM_FLAGS, NFT_SET_ELEM_INTERVAL_END);
      this.#key(NFTA_SET_ELEM_KEY, this.ends);
    });
  }

  #key(type: number, places: number[]): void {
    this.#message.nest(type, (message) => {
      places.push(message.length + NLATTR.size);
      message.bytes(NFTA_DATA_VALUE, this.#blank);
    });
  }
}
