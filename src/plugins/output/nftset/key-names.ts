import type { TextProblem } from './set-name.ts';

/** A key that the option `nftkey` names. */
export interface NamedKey {
  readonly key: string;
  /** UTF-16 code units into the option's value as written. */
  readonly offset: number;
  readonly length: number;
}

const keyPattern = /^[a-z_][a-z0-9_]*(\.[a-z0-9_]+)*$/i;

/**
 * Reads an element's keys: `ip.saddr`, or a concatenation as nft writes it, with dots that stand
 * alone: `ip.saddr . tcp.dport`; perhaps in quotes.
 */
export function parseKeyNames(text: string): readonly NamedKey[] | TextProblem {
  const keys: NamedKey[] = [];
  let isKeyDue = true;
  for (const { 0: word, index: offset } of text.matchAll(/[^\s"]+/g)) {
    const { length } = word;
    if (isKeyDue ? !keyPattern.test(word) : word !== '.') {
      const message = isKeyDue
        ? `"${word}" is no key`
        : 'keys have a dot between them that stands alone, as in ip.saddr . tcp.dport';
      return { message, offset, length };
    }
    if (isKeyDue) keys.push({ key: word, offset, length });
    isKeyDue = !isKeyDue;
  }
  if (!isKeyDue) return keys;
  return { message: 'a key is missing at the end', offset: 0, length: text.length };
}
