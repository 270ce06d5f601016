import type { CommandProblem, Word } from './command-line.ts';

/** Stands in a word for a value of the record. */
export interface Macro {
  /** The keys that it can have its value from: the first that the record has. */
  readonly keys: readonly [string, ...string[]];
  /** Where it stands in the text: UTF-16 code units. */
  readonly offset: number;
  readonly length: number;
}

/** A word of the command: literal texts and macros, in order. */
export type WordTemplate = readonly (string | Macro)[];

/** Letters of the macros that specter 1.x has, and their keys. */
const letters: Readonly<Record<string, Macro['keys']>> = {
  I: ['oob.in'],
  O: ['oob.out'],
  S: ['ip.saddr', 'arp.saddr'],
  D: ['ip.daddr', 'arp.daddr'],
  P: ['ip.protocol'],
  s: ['tcp.sport', 'udp.sport', 'sctp.sport'],
  d: ['tcp.dport', 'udp.dport', 'sctp.dport'],
  i: ['icmp.type', 'icmpv6.type'],
};

/** What commands of knockd have for the address that knocked. */
const KNOCKD_MACRO = '%IP%';

const KNOWN = `${Object.keys(letters)
  .map((letter) => `%${letter}`)
  .join(' ')}, %{key}, and %% for a percent sign`;

/**
 * Finds the macros of a word. Quotes make no difference: they keep blanks, and macros never bring
 * any that count.
 */
export function parseMacros(word: Word): {
  readonly template: WordTemplate;
  readonly problems: readonly CommandProblem[];
} {
  const { units } = word;
  const text = units.map(({ char }) => char).join('');
  const parts: (string | Macro)[] = [];
  const problems: CommandProblem[] = [];
  let literal = '';
  const span = (from: number, to: number) => {
    const offset = units[from]?.start ?? word.start;
    return { offset, length: (units[to - 1]?.end ?? word.end) - offset };
  };
  for (let at = 0; at < text.length; ) {
    if (text[at] !== '%') {
      literal += text[at++];
      continue;
    }
    const { keys, end, problem } = readMacro(text, at);
    if (problem !== undefined) problems.push({ message: problem, ...span(at, end) });
    else if (keys === undefined) literal += '%';
    else {
      if (literal !== '') parts.push(literal);
      literal = '';
      parts.push({ keys, ...span(at, end) });
    }
    at = end;
  }
  if (literal !== '') parts.push(literal);
  return { template: parts, problems };
}

interface ReadMacro {
  /** Undefined for `%%`, and where there is a problem. */
  readonly keys?: Macro['keys'];
  readonly end: number;
  readonly problem?: string;
}

/** Reads what begins with the `%` at `at`. */
function readMacro(text: string, at: number): ReadMacro {
  const letter = text[at + 1] ?? '';
  if (letter === '%') return { end: at + 2 };
  if (letter === '{') return readKey(text, at);
  if (text.startsWith(KNOCKD_MACRO, at)) {
    const problem = `${KNOCKD_MACRO} is knockd's: write %S for the source address`;
    return { end: at + KNOCKD_MACRO.length, problem };
  }
  const keys = Object.hasOwn(letters, letter) ? letters[letter] : undefined;
  if (keys) return { keys, end: at + 2 };
  // One character, which may take two units of the text.
  const [unknown = ''] = text.slice(at + 1, at + 3);
  const end = at + 1 + unknown.length;
  return { end, problem: `there is no macro ${text.slice(at, end)}; there are ${KNOWN}` };
}

function readKey(text: string, at: number): ReadMacro {
  const close = text.indexOf('}', at);
  if (close === -1) {
    return { end: text.length, problem: 'the { of this macro is never closed: write %{key}' };
  }
  const key = text.slice(at + 2, close);
  const end = close + 1;
  return key === '' ? { end, problem: '%{} names no key: write %{key}' } : { keys: [key], end };
}
