/**
 * How values become text: straight into memory, without a string in between. Every function writes
 * at `at`, returns the position behind what it wrote, and may leave up to three bytes of rubbish
 * behind that: it stores whole 32-bit words from tables, and the next text overwrites the excess.
 * `SLACK` is the room that a caller must have beyond the longest text.
 *
 * (Measured on a log line: words from tables take half the time of loops over bytes.)
 */

/** Bytes behind the end of a text that may be overwritten. */
export const SLACK = 3;

const COLON = 0x3a;

/** Up to four Latin-1 characters as a big-endian word, padded with NUL. */
const word = (text: string): number => Buffer.from(text.padEnd(4, '\0'), 'latin1').readUInt32BE(0);

/** A text that never changes, ready to be stored. */
export interface Literal {
  readonly words: Uint32Array;
  readonly length: number;
}

export function literal(text: string): Literal {
  const bytes = Buffer.from(text);
  const padded = Buffer.alloc(4 * Math.ceil(bytes.length / 4), bytes);
  const words = Uint32Array.from({ length: padded.length / 4 }, (_, i) =>
    padded.readUInt32BE(4 * i),
  );
  return { words, length: bytes.length };
}

export function writeLiteral(out: DataView, at: number, { words, length }: Literal): number {
  for (let i = 0; i < words.length; i++) out.setUint32(at + 4 * i, words[i] as number);
  return at + length;
}

/** Bytes behind the end of a text that {@link copyText} may overwrite. */
export const COPY_SLACK = 7;

/**
 * Copies a text, eight bytes at a time, as doubles: no text has in it the bytes of a NaN, 7f or ff with
 * f0 and more behind, whose bits would not be safe. Up to COPY_SLACK bytes behind it are read as well.
 */
export function copyText(
  out: DataView,
  at: number,
  text: DataView,
  offset: number,
  length: number,
): void {
  // Any byte order will do, if it is one for both; the processor's own takes no work.
  for (let i = 0; i < length; i += 8) {
    out.setFloat64(at + i, text.getFloat64(offset + i, true), true);
  }
}

/** 0–999: left-aligned digits in the upper three bytes, their number in the lowest. */
const digits = Uint32Array.from({ length: 1000 }, (_, i) => word(String(i)) | String(i).length);
/** 0–999: exactly three digits in the upper three bytes. */
const threeDigits = Uint32Array.from({ length: 1000 }, (_, i) => word(String(i).padStart(3, '0')));

/** Unsigned integer below 2³² in decimal. */
export function writeUint(out: DataView, at: number, value: number): number {
  if (value < 1000) return writeUpTo999(out, at, value);
  const thousands = (value / 1000) >>> 0;
  const rest = threeDigits[value - thousands * 1000] as number;
  const next =
    thousands < 1000 ? writeUpTo999(out, at, thousands) : writeMillions(out, at, thousands);
  out.setUint32(next, rest);
  return next + 3;
}

/** What stands in front of the last three digits of a number of seven digits or more. */
function writeMillions(out: DataView, at: number, thousands: number): number {
  const millions = (thousands / 1000) >>> 0;
  const rest = threeDigits[thousands - millions * 1000] as number;
  let next: number;
  if (millions < 1000) {
    next = writeUpTo999(out, at, millions);
  } else {
    const billions = (millions / 1000) >>> 0;
    next = writeUpTo999(out, at, billions);
    out.setUint32(next, threeDigits[millions - billions * 1000] as number);
    next += 3;
  }
  out.setUint32(next, rest);
  return next + 3;
}

function writeUpTo999(out: DataView, at: number, value: number): number {
  const entry = digits[value] as number;
  out.setUint32(at, entry);
  return at + (entry & 3);
}

/** Exactly nine digits. */
function writeNineDigits(out: DataView, at: number, value: number): number {
  const millions = (value / 1_000_000) >>> 0;
  const rest = value - millions * 1_000_000;
  const thousands = (rest / 1000) >>> 0;
  out.setUint32(at, threeDigits[millions] as number);
  out.setUint32(at + 3, threeDigits[thousands] as number);
  out.setUint32(at + 6, threeDigits[rest - thousands * 1000] as number);
  return at + 9;
}

const BILLION = 1_000_000_000;

/**
 * A 64-bit unsigned integer from its halves. Divided by hand, sixteen bits at a time, because a
 * double holds no more than 53 bits and a BigInt would be allocated.
 */
export function writeUint64(out: DataView, at: number, high: number, low: number): number {
  if (high === 0) return writeUint(out, at, low);
  const upper = Math.floor(high / BILLION);
  const middle = (high - upper * BILLION) * 0x10000 + (low >>> 16);
  const middleQuotient = Math.floor(middle / BILLION);
  const lower = (middle - middleQuotient * BILLION) * 0x10000 + (low & 0xffff);
  const lowerQuotient = Math.floor(lower / BILLION);
  const nineLast = lower - lowerQuotient * BILLION;
  // At most 18 446 744 073.
  const quotient = upper * 0x1_0000_0000 + middleQuotient * 0x10000 + lowerQuotient;
  const first = Math.floor(quotient / BILLION);
  const nineBefore = quotient - first * BILLION;
  const next =
    first === 0
      ? writeUint(out, at, nineBefore)
      : writeNineDigits(out, writeUint(out, at, first), nineBefore);
  return writeNineDigits(out, next, nineLast);
}

const hexDigit = Uint8Array.from('0123456789abcdef', (c) => c.charCodeAt(0));
/** Every byte's two hexadecimal digits and a colon. */
const hexColon = Uint32Array.from({ length: 256 }, (_, i) =>
  word(`${i.toString(16).padStart(2, '0')}:`),
);
/** Every byte's two hexadecimal digits. */
const lowerHex = Uint16Array.from(hexColon, (entry) => entry >>> 16);
const upperHex = Uint16Array.from({ length: 256 }, (_, i) =>
  Buffer.from(i.toString(16).toUpperCase().padStart(2, '0')).readUInt16BE(0),
);

/** Hexadecimal, lower case, without leading zeros: `%x`. */
export function writeHex(out: DataView, at: number, value: number): number {
  let shift = 28;
  while (shift > 0 && value >>> shift === 0) shift -= 4;
  let next = at;
  for (; shift >= 0; shift -= 4) out.setUint8(next++, hexDigit[(value >>> shift) & 15] as number);
  return next;
}

/** Eight lower-case hexadecimal digits: `%08x`. */
export function writeHex32(out: DataView, at: number, value: number): number {
  for (let i = 0; i < 4; i++) {
    out.setUint32(at + 2 * i, hexColon[(value >>> (24 - 8 * i)) & 0xff] as number);
  }
  return at + 8;
}

/** Four lower-case hexadecimal digits: `%04x`. */
export function writeHex16(out: DataView, at: number, value: number): number {
  out.setUint16(at, lowerHex[value >>> 8] as number);
  out.setUint16(at + 2, lowerHex[value & 0xff] as number);
  return at + 4;
}

/** Two upper-case hexadecimal digits: `%02X`. */
export function writeUpperHex8(out: DataView, at: number, value: number): number {
  out.setUint16(at, upperHex[value] as number);
  return at + 2;
}

/** `aa:bb:cc`; nothing for an empty address. Needs three bytes a byte. */
export function writeMac(
  out: DataView,
  at: number,
  data: Uint8Array,
  offset: number,
  length: number,
): number {
  if (length === 0) return at;
  for (let i = 0; i < length; i++) {
    out.setUint32(at + 3 * i, hexColon[data[offset + i] as number] as number);
  }
  return at + 3 * length - 1;
}

/** Hexadecimal digits of raw bytes, without separators. */
export function writeHexBytes(
  out: DataView,
  at: number,
  data: Uint8Array,
  offset: number,
  length: number,
): number {
  const pairs = length & ~1;
  for (let i = 0; i < pairs; i += 2) {
    const first = lowerHex[data[offset + i] as number] as number;
    const second = lowerHex[data[offset + i + 1] as number] as number;
    out.setUint32(at + 2 * i, (first << 16) | second);
  }
  if (pairs < length)
    out.setUint16(at + 2 * pairs, lowerHex[data[offset + pairs] as number] as number);
  return at + 2 * length;
}

/** Every byte's decimal text and a dot, left-aligned, with room for nothing more. */
const octetDot = Uint32Array.from({ length: 256 }, (_, i) => word(`${i}.`));
/** The length of that text without its dot. */
const octetLength = Uint8Array.from({ length: 256 }, (_, i) => String(i).length);

/** Dotted decimal, at most 15 bytes. */
export function writeIpv4(out: DataView, at: number, data: Uint8Array, offset: number): number {
  let next = at;
  for (let i = 0; i < 4; i++) {
    const byte = data[offset + i] as number;
    out.setUint32(next, octetDot[byte] as number);
    next += (octetLength[byte] as number) + 1;
  }
  return next - 1;
}

/**
 * IPv6 as inet_ntop(3) writes it: the longest run of two or more zero groups as `::` (the first of
 * equals), IPv4-mapped and IPv4-compatible addresses with a dotted tail. At most 39 bytes.
 */
export function writeIpv6(out: DataView, at: number, data: Uint8Array, offset: number): number {
  let runStart = -1;
  let runLength = 1;
  for (let group = 0; group < 8; ) {
    let length = 0;
    while (group + length < 8 && group16(data, offset, group + length) === 0) length++;
    if (length > runLength) {
      runStart = group;
      runLength = length;
    }
    group += length + 1;
  }
  const dotted =
    runStart === 0 && (runLength === 6 || (runLength === 5 && group16(data, offset, 5) === 0xffff));
  const groups = dotted ? 6 : 8;
  let next = at;
  for (let group = 0; group < groups; ) {
    if (group === runStart) {
      out.setUint8(next++, COLON);
      group += runLength;
      if (group === 8) out.setUint8(next++, COLON);
      continue;
    }
    if (group > 0) out.setUint8(next++, COLON);
    next = writeHex(out, next, group16(data, offset, group));
    group++;
  }
  if (!dotted) return next;
  out.setUint8(next++, COLON);
  return writeIpv4(out, next, data, offset + 12);
}

const group16 = (data: Uint8Array, offset: number, group: number): number =>
  ((data[offset + 2 * group] as number) << 8) | (data[offset + 2 * group + 1] as number);

/** An `ip` value: four bytes or sixteen. */
export function writeAddress(
  out: DataView,
  at: number,
  data: Uint8Array,
  offset: number,
  length: number,
): number {
  return length === 4 ? writeIpv4(out, at, data, offset) : writeIpv6(out, at, data, offset);
}

/** `NAME=number ` with `name` holding `NAME=`: the form of the fields in LOG-style lines. */
export function writeField(out: DataView, at: number, name: Literal, value: number): number {
  const next = writeUint(out, writeLiteral(out, at, name), value);
  out.setUint8(next, 0x20);
  return next + 1;
}
