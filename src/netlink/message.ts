import { LITTLE_ENDIAN } from '../libc/abi.ts';
import { align4, NFGENMSG, NLA_F_NESTED, NLATTR, NLMSGHDR } from './constants.ts';

const MAX_ATTRIBUTE = 0xffff - NLATTR.size;
const utf8 = new TextEncoder();

/**
 * Builds one netlink message: header, the family's own header, attributes. Values are in the byte
 * order that the method names (`Be`: network order, as all of nfnetlink; `Host`: as rtnetlink).
 *
 * Not for the hot path: it allocates as it grows.
 */
export class MessageBuilder {
  #bytes = new Uint8Array(new ArrayBuffer(256));
  #view = new DataView(this.#bytes.buffer);
  #length: number = NLMSGHDR.size;

  /** `type` and `flags` as in `struct nlmsghdr`; NLM_F_REQUEST is the caller's to give. */
  constructor(type: number, flags: number) {
    this.#view.setUint16(NLMSGHDR.nlmsg_type, type, LITTLE_ENDIAN);
    this.#view.setUint16(NLMSGHDR.nlmsg_flags, flags, LITTLE_ENDIAN);
  }

  /** Appends `struct nfgenmsg`: protocol family (AF_*, NFPROTO_*) and resource id (0–65535). */
  nfgenmsg(family: number, resourceId: number): this {
    const at = this.#grow(NFGENMSG.size);
    this.#view.setUint8(at + NFGENMSG.nfgen_family, family);
    this.#view.setUint16(at + NFGENMSG.res_id, resourceId);
    return this;
  }

  /** Appends bytes as they are, padded to four: another family's header. */
  header(bytes: Uint8Array): this {
    this.#bytes.set(bytes, this.#grow(bytes.length));
    return this;
  }

  u8(type: number, value: number): this {
    this.#view.setUint8(this.#attribute(type, 1), value);
    return this;
  }

  be16(type: number, value: number): this {
    this.#view.setUint16(this.#attribute(type, 2), value);
    return this;
  }

  be32(type: number, value: number): this {
    this.#view.setUint32(this.#attribute(type, 4), value);
    return this;
  }

  be64(type: number, value: bigint): this {
    this.#view.setBigUint64(this.#attribute(type, 8), value);
    return this;
  }

  host32(type: number, value: number): this {
    this.#view.setUint32(this.#attribute(type, 4), value, LITTLE_ENDIAN);
    return this;
  }

  /** Appends an attribute whose value is `value`, at most 65531 bytes. */
  bytes(type: number, value: Uint8Array): this {
    const at = this.#attribute(type, value.length);
    this.#bytes.set(value, at);
    return this;
  }

  /** Appends an attribute that holds text as UTF-8, ended by a NUL. */
  text(type: number, value: string): this {
    return this.bytes(type, utf8.encode(`${value}\0`));
  }

  /** Appends an attribute whose value is what `fill` appends: attributes, at most 65531 bytes. */
  nest(type: number, fill: (message: this) => void): this {
    const at = this.#attribute(type, 0) - NLATTR.size;
    fill(this);
    const length = this.#length - at;
    if (length > 0xffff) throw tooLong(type, length - NLATTR.size);
    this.#view.setUint16(at, length, LITTLE_ENDIAN);
    this.#view.setUint16(at + NLATTR.nla_type, type | NLA_F_NESTED, LITTLE_ENDIAN);
    return this;
  }

  /** Bytes so far: where the next attribute begins. */
  get length(): number {
    return this.#length;
  }

  /** Completes the header; the bytes stay valid until the next call on this builder. */
  finish(sequence: number, portid: number): Uint8Array<ArrayBuffer> {
    this.#view.setUint32(NLMSGHDR.nlmsg_len, this.#length, LITTLE_ENDIAN);
    this.#view.setUint32(NLMSGHDR.nlmsg_seq, sequence, LITTLE_ENDIAN);
    this.#view.setUint32(NLMSGHDR.nlmsg_pid, portid, LITTLE_ENDIAN);
    return this.#bytes.subarray(0, this.#length);
  }

  #attribute(type: number, length: number): number {
    if (length > MAX_ATTRIBUTE) throw tooLong(type, length);
    const at = this.#grow(NLATTR.size + length);
    this.#view.setUint16(at, NLATTR.size + length, LITTLE_ENDIAN);
    this.#view.setUint16(at + NLATTR.nla_type, type, LITTLE_ENDIAN);
    return at + NLATTR.size;
  }

  /** Makes room for `length` bytes and their padding, all zero, and returns where they begin. */
  #grow(length: number): number {
    const start = this.#length;
    this.#length += align4(length);
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(new ArrayBuffer(Math.max(this.#length, this.#bytes.length * 2)));
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return start;
  }
}

function tooLong(type: number, length: number): RangeError {
  return new RangeError(
    `netlink attribute ${type} of ${length} bytes; the protocol allows ${MAX_ATTRIBUTE}`,
  );
}
