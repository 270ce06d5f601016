import { isUtf8 } from 'node:buffer';
import type { Environment } from './environment.ts';
import type { Expansion } from './expansion.ts';

/** A command that is ready to be run. */
export interface Invocation {
  /** Program and arguments. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /**
   * `latin1`: some value is not UTF-8, which Node cannot pass on, so each code point of all strings
   * stands for a byte. See launch.ts.
   */
  readonly encoding: 'utf8' | 'latin1';
  /** About the bytes of memory that it takes. */
  readonly size: number;
}

/** What an invocation takes beside its bytes. */
const OVERHEAD = 128;

/** Copies what has been collected for a record. */
export function invocationOf(expansion: Expansion, environment: Environment): Invocation {
  const argv = expansion.words.bytes;
  return new CollectedInvocation(Buffer.concat([argv, environment.words.bytes]), argv.length);
}

/**
 * Keeps its words as the bytes that they are, each ended by a NUL, and makes strings of them only
 * when it is run: rows are taken in much faster than commands can be started.
 */
class CollectedInvocation implements Invocation {
  readonly #words: Buffer;
  readonly #argvLength: number;

  constructor(words: Buffer, argvLength: number) {
    this.#words = words;
    this.#argvLength = argvLength;
  }

  get size(): number {
    return this.#words.length + OVERHEAD;
  }

  /** The NULs keep the bytes of neighbouring words from being taken for one character. */
  get encoding(): 'utf8' | 'latin1' {
    return isUtf8(this.#words) ? 'utf8' : 'latin1';
  }

  get argv(): string[] {
    return this.#strings(0, this.#argvLength);
  }

  get env(): Record<string, string> {
    const variables = this.#strings(this.#argvLength, this.#words.length);
    return Object.fromEntries(
      variables.map((text) => {
        const end = text.indexOf('=');
        return [text.slice(0, end), text.slice(end + 1)];
      }),
    );
  }

  #strings(start: number, end: number): string[] {
    return this.#words.toString(this.encoding, start, end).split('\0').slice(0, -1);
  }
}
