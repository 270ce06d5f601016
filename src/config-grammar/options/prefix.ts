import { isIP } from 'node:net';
import { shown } from '../wording.ts';
import { bad, good, type Parsed } from './parsed.ts';

/** An address range of IPv4 or IPv6. */
export interface Prefix {
  readonly family: 4 | 6;
  /** The address in network byte order, 4 or 16 bytes; bits beyond the prefix are zero. */
  readonly bytes: Uint8Array;
  /** 0–32 or 0–128. */
  readonly prefixLength: number;
}

/** Reads `192.0.2.1`, `10.0.0.0/8`, `2001:db8::/32`, `::ffff:192.0.2.1`; no zone, no host name. */
export function parsePrefix(text: string): Parsed<Prefix> {
  const [address = '', length, ...more] = text.split('/');
  const version = address.includes('%') ? 0 : isIP(address);
  if (version === 0 || more.length > 0) {
    return bad(`takes an address or prefix such as 192.0.2.1 or 2001:db8::/32, not ${shown(text)}`);
  }
  const family = version === 4 ? 4 : 6;
  const bits = family === 4 ? 32 : 128;
  if (length !== undefined && !/^\d{1,3}$/.test(length)) {
    return bad(`takes a prefix length in bits after "/", not ${shown(length)}`);
  }
  const prefixLength = length === undefined ? bits : Number(length);
  if (prefixLength > bits) return bad(`takes a prefix length from 0 to ${bits}, not ${length}`);
  const bytes = family === 4 ? ipv4Bytes(address) : ipv6Bytes(address);
  clearHostBits(bytes, prefixLength);
  return good({ family, bytes, prefixLength });
}

/** The text that `parsePrefix` reads; the length is left out where it is the whole address. */
export function formatPrefix({ family, bytes, prefixLength }: Prefix): string {
  const address = family === 4 ? bytes.join('.') : formatIpv6(bytes);
  return prefixLength === bytes.length * 8 ? address : `${address}/${prefixLength}`;
}

const ipv4Bytes = (address: string): Uint8Array => Uint8Array.from(address.split('.'), Number);

/** `address` has been found valid: at most one `::`, perhaps IPv4 notation at its end. */
function ipv6Bytes(address: string): Uint8Array {
  const [head = '', tail] = address.split('::');
  const front = groupBytes(head);
  const back = groupBytes(tail ?? '');
  const bytes = new Uint8Array(16);
  bytes.set(front, 0);
  bytes.set(back, 16 - back.length);
  return bytes;
}

function groupBytes(groups: string): number[] {
  if (groups === '') return [];
  return groups.split(':').flatMap((group) => {
    if (group.includes('.')) return [...ipv4Bytes(group)];
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

/** RFC 5952: lower case, no leading zeros, the first longest run of two or more zeros as `::`. */
function formatIpv6(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16),
  );
  let longest = { start: 0, length: 1 };
  for (let start = 0; start < 8; start++) {
    let end = start;
    while (groups[end] === '0') end++;
    if (end - start > longest.length) longest = { start, length: end - start };
  }
  if (longest.length < 2) return groups.join(':');
  const head = groups.slice(0, longest.start).join(':');
  const tail = groups.slice(longest.start + longest.length).join(':');
  return `${head}::${tail}`;
}

/** Zeroes the bits beyond the prefix: `127.0.0.1/8` is a common way to write `127.0.0.0/8`. */
function clearHostBits(bytes: Uint8Array, prefixLength: number): void {
  for (let index = prefixLength >> 3; index < bytes.length; index++) {
    const kept = Math.max(0, prefixLength - index * 8);
    bytes[index] = (bytes[index] ?? 0) & ((0xff00 >> kept) & 0xff);
  }
}
