import type { FileReader } from './file-reader.ts';

/** What a file has to be so that records can be appended to it. */
export interface Expected {
  readonly linkType: number;
  readonly snaplen: number;
  readonly nano: boolean;
}

/**
 * Looks at a file that is not empty. Without `walk` only at its head.
 *
 * @returns up to where the file has whole records: what follows is the beginning of one that was cut
 *   off; 0 when not even the head is whole
 * @throws Mismatch when records cannot be appended to it
 */
export type Inspect = (file: FileReader, expected: Expected, walk: boolean) => number;

/** Why records cannot be appended to a file: continues the sentence “the file …”. */
export class Mismatch extends Error {
  override readonly name = 'Mismatch';
}

/** libpcap's MAXIMUM_SNAPLEN: no program reads records that are longer. */
export const LONGEST_PACKET = 262_144;

const linkTypeNames: Readonly<Record<number, string>> = {
  0: 'BSD loopback',
  1: 'Ethernet',
  101: 'raw IP',
  113: 'Linux cooked',
  228: 'IPv4',
  229: 'IPv6',
  239: 'NFLOG',
  276: 'Linux cooked v2',
};

/** Throws when a file has another link type, or a snaplen that cuts what is appended. */
export function checkForm(linkType: number, snaplen: number, expected: Expected): void {
  if (linkType !== expected.linkType) {
    const [theirs, ours] = [linkType, expected.linkType].map(describeLinkType);
    throw new Mismatch(`has link type ${theirs}, and pcaplinktype says ${ours}`);
  }
  // 0 stands for no limit.
  if (snaplen !== 0 && snaplen < expected.snaplen) {
    throw new Mismatch(
      `holds packets of at most ${snaplen} bytes (snaplen), and they may have ${expected.snaplen}`,
    );
  }
}

const describeLinkType = (type: number): string =>
  linkTypeNames[type] === undefined ? String(type) : `${type} (${linkTypeNames[type]})`;
