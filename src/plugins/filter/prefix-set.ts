import type { Prefix } from '../../config-grammar/index.ts';

/**
 * Tells whether an address lies in one of many prefixes. A lookup takes as many comparisons as the
 * number of prefixes has bits, and allocates nothing.
 */
export class PrefixSet {
  readonly #ipv4: SortedPrefixes;
  readonly #ipv6: SortedPrefixes;

  constructor(prefixes: readonly Prefix[]) {
    this.#ipv4 = new SortedPrefixes(prefixes.filter(({ family }) => family === 4));
    this.#ipv6 = new SortedPrefixes(prefixes.filter(({ family }) => family === 6));
  }

  /** @param length 4 for an IPv4 address, 16 for an IPv6 address; others are in no prefix */
  has(data: Uint8Array, offset: number, length: number): boolean {
    if (length === 4) return this.#ipv4.covers(data, offset);
    return length === 16 && this.#ipv6.covers(data, offset);
  }
}

/** Prefixes of one family by their first address; none lies in another. */
class SortedPrefixes {
  readonly #prefixes: readonly Prefix[];

  constructor(prefixes: readonly Prefix[]) {
    // A prefix sorts before those that lie in it, and nothing sorts between them.
    const sorted = prefixes.toSorted(
      (a, b) => compare(a.bytes, b.bytes, 0) || a.prefixLength - b.prefixLength,
    );
    const outermost: Prefix[] = [];
    for (const prefix of sorted) {
      const last = outermost.at(-1);
      if (!last || !covers(last, prefix.bytes, 0)) outermost.push(prefix);
    }
    this.#prefixes = outermost;
  }

  covers(data: Uint8Array, offset: number): boolean {
    let low = 0;
    let high = this.#prefixes.length;
    // Finds the first prefix that begins behind the address: only the one before it can cover it.
    while (low < high) {
      const middle = (low + high) >>> 1;
      const { bytes } = this.#prefixes[middle] as Prefix;
      if (compare(bytes, data, offset) > 0) high = middle;
      else low = middle + 1;
    }
    return low > 0 && covers(this.#prefixes[low - 1] as Prefix, data, offset);
  }
}

/** The order of an address and the one at `offset`: negative when the first is lower. */
function compare(address: Uint8Array, data: Uint8Array, offset: number): number {
  for (let i = 0; i < address.length; i++) {
    const difference = (address[i] as number) - (data[offset + i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

function covers({ bytes, prefixLength }: Prefix, data: Uint8Array, offset: number): boolean {
  const whole = prefixLength >> 3;
  for (let i = 0; i < whole; i++) {
    if (bytes[i] !== data[offset + i]) return false;
  }
  const mask = (0xff00 >> (prefixLength & 7)) & 0xff;
  return mask === 0 || bytes[whole] === ((data[offset + whole] as number) & mask);
}
