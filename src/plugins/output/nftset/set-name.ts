import { type Family, families, type SetName } from '../../../netlink/nftables/index.ts';

/** NFT_NAME_MAXLEN of linux/netfilter/nf_tables.h, with the NUL at the end. */
const NAME_MAXLEN = 256;

/** A part of a text that is not as it should be. */
export interface TextProblem {
  readonly message: string;
  /** UTF-16 code units. */
  readonly offset: number;
  readonly length: number;
}

/** Reads what names a set: `inet filter banned`. */
export function parseSetName(text: string): SetName | TextProblem {
  const words = Array.from(text.matchAll(/\S+/g));
  const [family, table, set, more] = words;
  if (!family || !table || !set || more) {
    const message =
      'a set is named by family, table and name in one pair of quotes: "inet filter banned"';
    return { message, offset: 0, length: text.length };
  }
  if (!isFamily(family[0])) {
    const message = `"${family[0]}" is no family; nftables has ${Object.keys(families).join(', ')}`;
    return { message, offset: family.index, length: family[0].length };
  }
  const tooLong = [table, set].find(([name]) => Buffer.byteLength(name) >= NAME_MAXLEN);
  if (tooLong) {
    const message = `names in nftables have at most ${NAME_MAXLEN - 1} bytes`;
    return { message, offset: tooLong.index, length: tooLong[0].length };
  }
  return { family: family[0], table: table[0], set: set[0] };
}

const isFamily = (word: string): word is Family => Object.hasOwn(families, word);
