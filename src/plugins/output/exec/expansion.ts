import type { ColumnSet } from '../../../records/column-set.ts';
import type { WordTemplate } from './macros.ts';
import { FirstValue } from './value-bytes.ts';
import { LONGEST_WORD, WordBuffer } from './word-buffer.ts';

/**
 * Why a record has no command line.
 *
 * - `absent`: it lacks a key that a macro stands for
 * - `nul`: a value has a NUL byte, which no argument can have
 * - `option`: an argument that a text from the packet begins would begin with `-`
 * - `long`: an argument would be longer than the kernel takes
 */
export type Refusal = 'absent' | 'nul' | 'option' | 'long';

export interface ExpansionOptions {
  /** `execforce`: the word `invalid` takes the place of what is absent or has a NUL byte. */
  readonly force: boolean;
  /** Told of each value with a NUL byte that `invalid` has taken the place of. */
  onNul(): void;
}

type Part = Uint8Array | FirstValue;

interface Argument {
  readonly parts: readonly Part[];
  /** Begins with a macro, and no `--` before it says that no more options come. */
  readonly mayLookLikeOption: boolean;
}

const HYPHEN = 0x2d;
const INVALID = Buffer.from('invalid');
const END_OF_OPTIONS = '--';

/**
 * Makes the command line for a record. Each word of the template becomes exactly one argument,
 * whatever the values are. Its first word has no macros: it is the program.
 */
export class Expansion {
  /** What the last successful `expand` wrote. */
  readonly words = new WordBuffer();
  readonly #arguments: readonly Argument[];
  readonly #options: ExpansionOptions;

  constructor(words: readonly WordTemplate[], columns: ColumnSet, options: ExpansionOptions) {
    this.#options = options;
    const end = words.findIndex(([only, more]) => only === END_OF_OPTIONS && more === undefined);
    this.#arguments = words.map((template, index) => ({
      parts: template.map((part) =>
        typeof part === 'string' ? Buffer.from(part) : new FirstValue(part.keys, columns),
      ),
      mayLookLikeOption: typeof template[0] === 'object' && (end === -1 || index < end),
    }));
  }

  /** Writes the record's arguments to `words`, or tells why it cannot have a command line. */
  expand(row: number): Refusal | undefined {
    this.words.clear();
    const all = this.#arguments;
    for (let i = 0; i < all.length; i++) {
      const refusal = this.#addArgument(all[i] as Argument, row);
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  }

  #addArgument({ parts, mayLookLikeOption }: Argument, row: number): Refusal | undefined {
    const { words } = this;
    for (let i = 0; i < parts.length; i++) {
      const refusal = this.#addPart(parts[i] as Part, row);
      if (refusal !== undefined) return refusal;
      if (words.wordLength > LONGEST_WORD) return 'long';
    }
    if (mayLookLikeOption && words.firstByte === HYPHEN) return 'option';
    words.endWord();
    return undefined;
  }

  #addPart(part: Part, row: number): Refusal | undefined {
    if (!(part instanceof FirstValue)) {
      this.words.addText(part);
      return undefined;
    }
    const { force, onNul } = this.#options;
    const value = part.of(row);
    if (value && !value.hasNul(row)) {
      this.words.addValue(value, row);
      return undefined;
    }
    if (!force) return value ? 'nul' : 'absent';
    if (value) onNul();
    this.words.addText(INVALID);
    return undefined;
  }
}
