import { NFGENMSG } from '../constants.ts';
import { AttributeCursor, type MessageCursor } from '../cursor.ts';
import {
  NFTA_DATA_VALUE,
  NFTA_LIST_ELEM,
  NFTA_SET_ELEM_KEY,
  NFTA_SET_ELEM_KEY_END,
  NFTA_SET_ELEM_LIST_ELEMENTS,
} from './protocol.ts';

/** The one element that NFT_MSG_NEWSETELEM holds, as an answer. */
export class ElementAnswer {
  /** It has two keys: it is an interval of a concatenation. */
  hasEnd = false;
  #view: DataView = new DataView(new ArrayBuffer(0));
  #key = 0;
  #keyLength = 0;
  #keyEnd = 0;
  #keyEndLength = 0;
  readonly #attribute = new AttributeCursor();
  readonly #value = new AttributeCursor();

  /** False when the message holds no element with a key. */
  read({ view, offset, end }: MessageCursor): boolean {
    this.#view = view;
    this.hasEnd = false;
    this.#keyLength = 0;
    const attribute = this.#attribute.reset(view, offset + NFGENMSG.size, end);
    if (!enter(attribute, NFTA_SET_ELEM_LIST_ELEMENTS) || !enter(attribute, NFTA_LIST_ELEM)) {
      return false;
    }
    while (attribute.next()) {
      const { type } = attribute;
      if (type === NFTA_SET_ELEM_KEY && this.#enterValue()) {
        this.#key = this.#value.offset;
        this.#keyLength = this.#value.length;
      } else if (type === NFTA_SET_ELEM_KEY_END && this.#enterValue()) {
        this.hasEnd = true;
        this.#keyEnd = this.#value.offset;
        this.#keyEndLength = this.#value.length;
      }
    }
    return this.#keyLength > 0;
  }

  isKey(bytes: Uint8Array, at: number, length: number): boolean {
    return this.#keyLength === length && this.#isAt(this.#key, bytes, at, length);
  }

  isKeyEnd(bytes: Uint8Array, at: number, length: number): boolean {
    return this.#keyEndLength === length && this.#isAt(this.#keyEnd, bytes, at, length);
  }

  #isAt(place: number, bytes: Uint8Array, at: number, length: number): boolean {
    for (let k = 0; k < length; k++) {
      if (this.#view.getUint8(place + k) !== bytes[at + k]) return false;
    }
    return true;
  }

  #enterValue(): boolean {
    const { offset, length } = this.#attribute;
    const value = this.#value.reset(this.#view, offset, offset + length);
    while (value.next()) if (value.type === NFTA_DATA_VALUE) return true;
    return false;
  }
}

/** Goes to before the first attribute within the next one of this type; false without one. */
function enter(attribute: AttributeCursor, type: number): boolean {
  while (attribute.next()) {
    if (attribute.type !== type) continue;
    attribute.reset(attribute.view, attribute.offset, attribute.offset + attribute.length);
    return true;
  }
  return false;
}
