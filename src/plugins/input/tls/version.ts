import { u8, u16 } from '../../../records/bytes.ts';
import type { ColumnSet } from '../../../records/column-set.ts';
import { literal, writeLiteral } from '../../../records/text.ts';
import { TextColumn } from '../base/text-column.ts';
import { tlsKeys } from './keys.ts';

/** In place of a version: nothing said so far, and something without a name here. */
export const UNSAID = 0;
const UNKNOWN = 1;

const SSL_3_0 = 0x0300;
/** By the distance of their number from SSL 3.0's (RFC 8446, 4.2.1). */
const names = ['SSL 3.0', 'TLS 1.0', 'TLS 1.1', 'TLS 1.2', 'TLS 1.3'].map(literal);
const MAX_NAME = 7;

const isKnown = (version: number): boolean =>
  version >= SSL_3_0 && version < SSL_3_0 + names.length;

/** Fills `tls.version`. */
export class VersionText extends TextColumn {
  constructor(columns: ColumnSet) {
    super(columns, tlsKeys.version, MAX_NAME);
  }

  /** Sets nothing for a number that is no version. */
  set(row: number, version: number): void {
    const name = names[version - SSL_3_0];
    if (name === undefined) return;
    const start = this.start(row);
    this.column.set(row, start, writeLiteral(this.storage, start, name) - start);
  }
}

/**
 * The highest version in a ClientHello's supported_versions. Unknown ones do not count: drafts, and
 * the numbers that clients send to see whether servers bear them (GREASE, RFC 8701).
 */
export function highestOffered(data: Uint8Array, start: number, end: number): number {
  let highest = UNKNOWN;
  const listEnd = start < end ? Math.min(end, start + 1 + u8(data, start)) : end;
  for (let at = start + 1; listEnd - at >= 2; at += 2) {
    const version = u16(data, at);
    if (version > highest && isKnown(version)) highest = version;
  }
  return highest;
}

/** The version in a ServerHello's supported_versions. */
export function chosen(data: Uint8Array, start: number, end: number): number {
  const version = end - start === 2 ? u16(data, start) : UNKNOWN;
  return isKnown(version) ? version : UNKNOWN;
}
