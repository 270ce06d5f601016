import { SPACE, startsWith } from '../payload/lines.ts';

/** Longest method looked for; IANA's longest has 17 letters (UPDATEREDIRECTREF). */
const MAX_METHOD = 20;

/** Those of RFC 9110 and RFC 5789: known to be HTTP even without the end of their line. */
const known = ['GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'CONNECT', 'PATCH', 'TRACE'].map(
  (method) => Buffer.from(method),
);

/**
 * Position of the blank behind the method at `at`; −1 when there is none. All methods in use are
 * upper-case letters, hyphens and underscores, and begin with a letter.
 */
export function methodEnd(data: Uint8Array, at: number, end: number): number {
  const limit = Math.min(end, at + MAX_METHOD + 1);
  for (let i = at; i < limit; i++) {
    const byte = data[i] as number;
    if (byte === SPACE) return i > at ? i : -1;
    if (!isUpperCase(byte) && (i === at || (byte !== 0x2d && byte !== 0x5f))) return -1;
  }
  return -1;
}

/** Whether the method `data[at … end − 1]` is one of HTTP's own. */
export function isKnownMethod(data: Uint8Array, at: number, end: number): boolean {
  for (let i = 0; i < known.length; i++) {
    const method = known[i] as Uint8Array;
    if (method.length === end - at && startsWith(data, at, end, method)) return true;
  }
  return false;
}

export const isUpperCase = (byte: number): boolean => byte >= 0x41 && byte <= 0x5a;
