/**
 * Splits a command line into words as a shell would, and does nothing else that a shell does.
 * What a shell would act upon is an error: whoever writes it expects a shell, and there is none.
 */

/** A UTF-16 code unit of a word, and the part of the text that stands for it. */
export interface Unit {
  readonly char: string;
  readonly start: number;
  readonly end: number;
}

/** One argument; without units an empty one, as `''` writes it. */
export interface Word {
  readonly units: readonly Unit[];
  /** Where it begins in the text, quotes included. */
  readonly start: number;
  readonly end: number;
}

/** What is wrong with a command, and the part of its text: UTF-16 code units. */
export interface CommandProblem {
  readonly message: string;
  readonly offset: number;
  readonly length: number;
}

export interface CommandLine {
  readonly words: readonly Word[];
  readonly problems: readonly CommandProblem[];
}

/** Acted upon wherever it stands unquoted. */
const OPERATORS = '|&;<>()`*?[';
/** Acted upon at the start of a word. */
const INITIAL = '#~';
/** What makes a shell replace `$` by something. */
const EXPANDED = /[\w{(@*#?$!'"-]/;
const EXPANDED_IN_QUOTES = /[\w{(@*#?$!-]/;
/** What a backslash takes its meaning from within double quotes. */
const ESCAPED_IN_QUOTES = '"\\$`';

/**
 * - Blanks end a word.
 * - `'…'`: everything between is itself.
 * - `"…"`: so too, but `\"`, `\\`, `\$` and `` \` `` stand for the second character.
 * - `\` elsewhere: the next character is itself.
 * - A text that is one double-quoted string with blanks in it is split within: the form that
 *   `execstr "/usr/sbin/foo %S"` has in old configs.
 */
export function splitCommandLine(text: string): CommandLine {
  return new Splitter(unwrap(text)).split();
}

class Splitter {
  readonly #source: readonly Unit[];
  readonly #words: Word[] = [];
  readonly #problems: CommandProblem[] = [];
  #at = 0;
  /** The word under way; undefined between words. */
  #units: Unit[] | undefined;
  #start = 0;

  constructor(source: readonly Unit[]) {
    this.#source = source;
  }

  split(): CommandLine {
    for (let unit = this.#next(); unit; unit = this.#next()) this.#take(unit);
    this.#endWord();
    return { words: this.#words, problems: this.#problems };
  }

  #next(): Unit | undefined {
    return this.#source[this.#at++];
  }

  #peek(): Unit | undefined {
    return this.#source[this.#at];
  }

  #take(unit: Unit): void {
    const { char } = unit;
    if (char === ' ' || char === '\t') {
      this.#endWord();
      return;
    }
    const first = this.#units === undefined;
    const units = this.#word(unit);
    if (char === "'") this.#takeLiteral(unit, units);
    else if (char === '"') this.#takeQuoted(unit, units);
    else if (char === '\\') this.#takeEscaped(unit, units);
    else {
      const acts = OPERATORS.includes(char) || (first && INITIAL.includes(char));
      if (acts || this.#expands(char, EXPANDED)) this.#needsShell(unit, 'quote it');
      units.push(unit);
    }
  }

  #word({ start }: Unit): Unit[] {
    if (this.#units === undefined) {
      this.#units = [];
      this.#start = start;
    }
    return this.#units;
  }

  #endWord(): void {
    if (this.#units === undefined) return;
    const last = this.#source[Math.min(this.#at, this.#source.length + 1) - 2];
    this.#words.push({ units: this.#units, start: this.#start, end: last?.end ?? this.#start });
    this.#units = undefined;
  }

  #takeLiteral(open: Unit, units: Unit[]): void {
    for (let unit = this.#next(); unit; unit = this.#next()) {
      if (unit.char === "'") return;
      units.push(unit);
    }
    // The config language knows no single quotes: to it "#" begins a comment there as well.
    this.#unbalanced(open, `; if there is a "#" behind it, use double quotes`);
  }

  #takeQuoted(open: Unit, units: Unit[]): void {
    for (let unit = this.#next(); unit; unit = this.#next()) {
      if (unit.char === '"') return;
      const escaped = unit.char === '\\' ? this.#peek() : undefined;
      if (escaped && ESCAPED_IN_QUOTES.includes(escaped.char)) {
        this.#at++;
        units.push({ ...escaped, start: unit.start });
        continue;
      }
      if (unit.char === '`' || this.#expands(unit.char, EXPANDED_IN_QUOTES)) {
        this.#needsShell(unit, 'use single quotes');
      }
      units.push(unit);
    }
    this.#unbalanced(open);
  }

  #takeEscaped(backslash: Unit, units: Unit[]): void {
    const escaped = this.#next();
    if (escaped) units.push({ ...escaped, start: backslash.start });
    else this.#problem(backslash, 'nothing follows the backslash; write it as \\\\');
  }

  #expands(char: string, by: RegExp): boolean {
    return char === '$' && by.test(this.#peek()?.char ?? '');
  }

  #unbalanced(open: Unit, advice = ''): void {
    this.#problem(open, `the quote ${open.char} is never closed${advice}`);
  }

  /** Once is enough to say that there is no shell. */
  #needsShell(unit: Unit, remedy: string): void {
    const known = this.#problems.some(({ message }) => message.startsWith(NO_SHELL));
    if (known) return;
    const advice = `${remedy}, or write /bin/sh -c '…' and pass values as arguments`;
    this.#problem(unit, `${NO_SHELL}, which would act on ${unit.char} here: ${advice}`);
  }

  #problem({ start, end }: Unit, message: string): void {
    this.#problems.push({ message, offset: start, length: end - start });
  }
}

const NO_SHELL = 'commands are run without a shell';

const unitsOf = (text: string): Unit[] =>
  Array.from({ length: text.length }, (_, at) => ({
    char: text.charAt(at),
    start: at,
    end: at + 1,
  }));

/** The units between the quotes where these enclose the whole text and there is a blank within. */
function unwrap(text: string): readonly Unit[] {
  const all = unitsOf(text);
  if (all[0]?.char !== '"') return all;
  const inner: Unit[] = [];
  for (let at = 1; at < all.length; at++) {
    const unit = all[at];
    const next = all[at + 1];
    if (!unit) break;
    if (unit.char === '"') {
      const isWhole = at === all.length - 1;
      return isWhole && inner.some(({ char }) => char === ' ' || char === '\t') ? inner : all;
    }
    const escapes = unit.char === '\\' && (next?.char === '"' || next?.char === '\\');
    inner.push(escapes && next ? { ...next, start: unit.start } : unit);
    if (escapes) at++;
  }
  return all;
}
