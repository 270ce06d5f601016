/** Bits of the key `tcp.flags` (RFC 9293, 3.1). */
const bits = { fin: 0x01, syn: 0x02, rst: 0x04, psh: 0x08, ack: 0x10, urg: 0x20 } as const;

/** Words of the option `knockflags`. */
export const flagWords = [
  'fin',
  'syn',
  'rst',
  'psh',
  'ack',
  'urg',
  '!fin',
  '!syn',
  '!rst',
  '!psh',
  '!ack',
  '!urg',
  'any',
] as const;

export type FlagWord = (typeof flagWords)[number];

/** Which TCP packets count: those whose `flags & mask` is `value`. */
export interface FlagMatch {
  readonly mask: number;
  readonly value: number;
}

/** `any` asks for nothing. */
export function flagMatch(words: readonly FlagWord[]): FlagMatch {
  let mask = 0;
  let value = 0;
  for (const word of words) {
    const bit = bitOf(word);
    mask |= bit;
    if (!word.startsWith('!')) value |= bit;
  }
  return { mask, value };
}

/** Index of the first word that contradicts one before it; −1 when there is none. */
export const contradiction = (words: readonly FlagWord[]): number =>
  words.findIndex((word, index) =>
    words.slice(0, index).some((before) => word !== before && conflict(word, before)),
  );

const conflict = (a: FlagWord, b: FlagWord): boolean =>
  a === 'any' || b === 'any' || bitOf(a) === bitOf(b);

function bitOf(word: FlagWord): number {
  const name = word.replace('!', '');
  return isFlag(name) ? bits[name] : 0;
}

const isFlag = (name: string): name is keyof typeof bits => Object.hasOwn(bits, name);
