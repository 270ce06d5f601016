import type { ColumnSet } from '../../../records/column-set.ts';
import { ValueBytes } from './value-bytes.ts';
import { LONGEST_WORD, WordBuffer } from './word-buffer.ts';

/** Keys whose values every command gets, where the block provides them. */
export const USUAL_KEYS: readonly string[] = [
  'oob.prefix',
  'oob.in',
  'oob.out',
  'ip.saddr',
  'ip.daddr',
  'ip.protocol',
  'tcp.sport',
  'tcp.dport',
  'udp.sport',
  'udp.dport',
  'icmp.type',
  'icmpv6.type',
  'knock.name',
  'threshold.count',
];

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface EnvironmentOptions {
  /** Keys in the environment; those that nobody provides are left out. */
  readonly keys: readonly string[];
  readonly block: string;
  readonly group: number | undefined;
}

interface Variable {
  /** `SPECTER_IP_SADDR=` */
  readonly name: Uint8Array;
  readonly value: ValueBytes;
}

/** `SPECTER_IP_SADDR` for `ip.saddr`. */
const variableOf = (key: string): string =>
  `SPECTER_${key.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`;

/**
 * The whole environment of a command: nothing of specter's own. What a record lacks, and what
 * cannot be said in a variable (NUL bytes, more than 128 KiB), is left out.
 */
export class Environment {
  /** `NAME=value` for the row last collected. */
  readonly words = new WordBuffer();
  readonly #constant: readonly Uint8Array[];
  readonly #variables: readonly Variable[];

  constructor({ keys, block, group }: EnvironmentOptions, columns: ColumnSet) {
    this.#variables = keys.flatMap((key) => {
      const found = columns.find(key);
      const name = Buffer.from(`${variableOf(key)}=`);
      return found ? [{ name, value: new ValueBytes(found) }] : [];
    });
    // Behind the values, so that no key, whatever its name, can take the place of these.
    const ownGroup = group === undefined ? [] : [`SPECTER_GROUP=${group}`];
    const constant = [`PATH=${PATH}`, `SPECTER_BLOCK=${block}`, ...ownGroup];
    this.#constant = constant.map((text) => Buffer.from(text));
  }

  /** Collects the row's variables in `words`. */
  collect(row: number): void {
    const { words } = this;
    words.clear();
    for (let i = 0; i < this.#variables.length; i++) {
      const { name, value } = this.#variables[i] as Variable;
      if (!value.has(row) || value.hasNul(row)) continue;
      words.addText(name);
      words.addValue(value, row);
      if (words.wordLength > LONGEST_WORD) words.dropWord();
      else words.endWord();
    }
    for (let i = 0; i < this.#constant.length; i++) {
      words.addText(this.#constant[i] as Uint8Array);
      words.endWord();
    }
  }
}
