/**
 * How values become text: byte by byte into a buffer that the caller has made large enough, without
 * a string in between. Every function returns the position behind what it wrote.
 */

const ZERO = 0x30;
const COLON = 0x3a;
const DOT = 0x2e;

const lowerHex = Uint8Array.from('0123456789abcdef', (c) => c.charCodeAt(0));
const upperHex = Uint8Array.from('0123456789ABCDEF', (c) => c.charCodeAt(0));

/** Bytes of a literal for `writeBytes`. */
export const literal = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));

/** Copies a short literal; a loop beats `TypedArray.set` below some 50 bytes. */
export function writeBytes(out: Uint8Array, at: number, bytes: Uint8Array): number {
  const length = bytes.length;
  for (let i = 0; i < length; i++) out[at + i] = bytes[i] as number;
  return at + length;
}

/** Unsigned integer below 2³² in decimal. */
export function writeUint(out: Uint8Array, at: number, value: number): number {
  if (value < 10) {
    out[at] = ZERO + value;
    return at + 1;
  }
  if (value >= 100_000) {
    // Beyond 2³¹ V8 leaves small integers; splitting keeps the digit loop on them.
    const high = Math.floor(value / 100_000);
    const next = writeUint(out, at, high);
    return writePadded(out, next, value - high * 100_000, 5);
  }
  return writePadded(out, at, value, digitsBelow100000(value));
}

function digitsBelow100000(value: number): number {
  if (value < 100) return 2;
  if (value < 1000) return 3;
  return value < 10_000 ? 4 : 5;
}

/** Exactly `digits` decimal digits (`value` < 10^digits ≤ 10⁹), padded with zeros. */
export function writePadded(out: Uint8Array, at: number, value: number, digits: number): number {
  let rest = value;
  for (let i = at + digits - 1; i >= at; i--) {
    const tenth = (rest / 10) | 0;
    out[i] = ZERO + (rest - tenth * 10);
    rest = tenth;
  }
  return at + digits;
}

/** A 64-bit unsigned integer from its halves. */
export function writeUint64(out: Uint8Array, at: number, high: number, low: number): number {
  if (high === 0) return writeUint(out, at, low);
  const text = ((BigInt(high) << 32n) | BigInt(low)).toString();
  for (let i = 0; i < text.length; i++) out[at + i] = text.charCodeAt(i);
  return at + text.length;
}

/** Hexadecimal, lower case, without leading zeros: `%x`. */
export function writeHex(out: Uint8Array, at: number, value: number): number {
  let shift = 28;
  while (shift > 0 && value >>> shift === 0) shift -= 4;
  let next = at;
  for (; shift >= 0; shift -= 4) out[next++] = lowerHex[(value >>> shift) & 15] as number;
  return next;
}

/** Eight lower-case hexadecimal digits: `%08x`. */
export function writeHex32(out: Uint8Array, at: number, value: number): number {
  for (let i = 0; i < 8; i++) out[at + i] = lowerHex[(value >>> (28 - 4 * i)) & 15] as number;
  return at + 8;
}

/** Two upper-case hexadecimal digits: `%02X`. */
export function writeUpperHex8(out: Uint8Array, at: number, value: number): number {
  out[at] = upperHex[value >> 4] as number;
  out[at + 1] = upperHex[value & 15] as number;
  return at + 2;
}

/** `aa:bb:cc`; nothing for an empty address. */
export function writeMac(
  out: Uint8Array,
  at: number,
  data: Uint8Array,
  offset: number,
  length: number,
): number {
  let next = at;
  for (let i = 0; i < length; i++) {
    const byte = data[offset + i] as number;
    if (i > 0) out[next++] = COLON;
    out[next++] = lowerHex[byte >> 4] as number;
    out[next++] = lowerHex[byte & 15] as number;
  }
  return next;
}

/** Hexadecimal digits of raw bytes, without separators. */
export function writeHexBytes(
  out: Uint8Array,
  at: number,
  data: Uint8Array,
  offset: number,
  length: number,
): number {
  let next = at;
  for (let i = 0; i < length; i++) {
    const byte = data[offset + i] as number;
    out[next++] = lowerHex[byte >> 4] as number;
    out[next++] = lowerHex[byte & 15] as number;
  }
  return next;
}

/** Every byte's decimal text: `octets[4 * b]` its length, then up to three digits. */
const octets = new Uint8Array(1024);
for (let byte = 0; byte < 256; byte++) {
  const text = String(byte);
  octets[4 * byte] = text.length;
  for (let i = 0; i < text.length; i++) octets[4 * byte + 1 + i] = text.charCodeAt(i);
}

function writeOctet(out: Uint8Array, at: number, byte: number): number {
  const entry = byte << 2;
  const length = octets[entry] as number;
  // Always three stores: what lies behind the digits is overwritten by whatever comes next.
  out[at] = octets[entry + 1] as number;
  out[at + 1] = octets[entry + 2] as number;
  out[at + 2] = octets[entry + 3] as number;
  return at + length;
}

/** Dotted decimal. Needs 15 bytes of room even for a shorter address. */
export function writeIpv4(out: Uint8Array, at: number, data: Uint8Array, offset: number): number {
  let next = writeOctet(out, at, data[offset] as number);
  out[next++] = DOT;
  next = writeOctet(out, next, data[offset + 1] as number);
  out[next++] = DOT;
  next = writeOctet(out, next, data[offset + 2] as number);
  out[next++] = DOT;
  return writeOctet(out, next, data[offset + 3] as number);
}

/**
 * IPv6 as inet_ntop(3) writes it: the longest run of two or more zero groups as `::` (the first of
 * equals), IPv4-mapped and IPv4-compatible addresses with a dotted tail. At most 39 bytes.
 */
export function writeIpv6(out: Uint8Array, at: number, data: Uint8Array, offset: number): number {
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
      out[next++] = COLON;
      group += runLength;
      if (group === 8) out[next++] = COLON;
      continue;
    }
    if (group > 0) out[next++] = COLON;
    next = writeHex(out, next, group16(data, offset, group));
    group++;
  }
  if (!dotted) return next;
  out[next++] = COLON;
  return writeIpv4(out, next, data, offset + 12);
}

const group16 = (data: Uint8Array, offset: number, group: number): number =>
  ((data[offset + 2 * group] as number) << 8) | (data[offset + 2 * group + 1] as number);

/** An `ip` value: four bytes or sixteen. */
export function writeAddress(
  out: Uint8Array,
  at: number,
  data: Uint8Array,
  offset: number,
  length: number,
): number {
  return length === 4 ? writeIpv4(out, at, data, offset) : writeIpv6(out, at, data, offset);
}

/** `NAME=number ` with `name` holding `NAME=`: the form of the fields in LOG-style lines. */
export function writeField(out: Uint8Array, at: number, name: Uint8Array, value: number): number {
  const next = writeUint(out, writeBytes(out, at, name), value);
  out[next] = 0x20;
  return next + 1;
}
