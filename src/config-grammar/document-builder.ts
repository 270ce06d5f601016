import type { IToken } from 'chevrotain';
import type { DiagnosticList } from './diagnostics.ts';
import type { Block, Statement, Value } from './document.ts';
import { isCloseBracket, isOpenBracket } from './scan.ts';
import type { Range, SourceText } from './source-text.ts';
import { BlockName, Quoted, UnclosedQuote } from './tokens.ts';
import { restOf, unquote } from './value-text.ts';
import { blockTitle, shown } from './wording.ts';

/** A block being read. */
interface OpenBlock {
  readonly name: string;
  readonly nameRange: Range;
  /** Undefined for lines outside of any block. */
  readonly bracket: IToken | undefined;
  readonly statements: Statement[];
  readonly sections: { name: string; instance: string; range: Range; statements: Statement[] }[];
  complete: boolean;
  /** True after `name { option` in one line, whose closing bracket may be anywhere. */
  readonly inline: boolean;
  /** False for what was only read to get past it. */
  readonly keep: boolean;
}

const closerOf = new Map([
  ['{', '}'],
  ['<', '>'],
]);

const controlCharacter = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/;
const blockNamePattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

/** Puts the lines that the parser recognises together to blocks, and reports syntax errors. */
export class DocumentBuilder {
  readonly blocks: Block[] = [];
  readonly #source: SourceText;
  readonly #diagnostics: DiagnosticList;
  #current: OpenBlock | undefined;
  /** Blocks ended by the header of the next one: each may leave a closing bracket over. */
  #surplusClosers = 0;

  constructor(source: SourceText, diagnostics: DiagnosticList) {
    this.#source = source;
    this.#diagnostics = diagnostics;
  }

  beginBlock(name: IToken, bracket: IToken): void {
    const nameRange = rangeOf(name);
    const valid = blockNamePattern.test(name.image);
    if (!valid) {
      this.#diagnostics.error(
        nameRange,
        `${shown(name.image)} is no block name; a name is made of letters, digits, "_", "-" and "."`,
      );
    }
    this.#begin(name.image, nameRange, bracket, valid);
  }

  beginNamelessBlock(bracket: IToken): void {
    this.#diagnostics.error(rangeOf(bracket), 'this block has no name; write "name {"');
    this.#begin('', rangeOf(bracket), bracket, false);
  }

  /** Lines outside of any block, up to the next header or closing bracket. */
  beginStrayLines(first: IToken, second: IToken): void {
    this.#begin(first.image, rangeOf(first), undefined, false);
    if (opensInline(first, second) || this.#surplusClosers > 0) return;
    this.#diagnostics.error(rangeOf(first), `${shown(first.image)} stands outside of any block`);
  }

  /** `next`: the token after the block, which tells why a closing bracket is missing. */
  endBlock(closer: IToken | undefined, trailing: readonly IToken[], next: IToken): void {
    const block = this.#current;
    this.#current = undefined;
    if (!block) return;
    if (block.bracket) this.#checkClosed(block, block.bracket, closer, next);
    const [junk] = trailing;
    if (junk) this.#diagnostics.error(rangeOf(junk), 'a closing bracket must end its line');
    if (!block.keep) return;
    const { name, nameRange, statements, sections, complete } = block;
    this.blocks.push({ name, nameRange, statements, sections, complete });
  }

  strayClose(closer: IToken): void {
    if (this.#surplusClosers > 0) this.#surplusClosers--;
    else this.#diagnostics.error(rangeOf(closer), `"${closer.image}" closes no block`);
  }

  nestedBracket(bracket: IToken): void {
    this.#diagnostics.error(rangeOf(bracket), 'blocks cannot be nested, and this one has no name');
    this.#surplusClosers++;
    if (this.#current) this.#current.complete = false;
  }

  section(token: IToken, words: readonly IToken[]): void {
    const range = rangeOf(token);
    const name = token.image.slice(1);
    if (name === '') {
      this.#diagnostics.error(range, 'a section needs the name of a plugin, as in ":LOGEMU"');
      if (this.#current) this.#current.complete = false;
    }
    const instance = words.map((word) => this.#value(word).text).join(' ');
    this.#current?.sections.push({ name, instance, range, statements: [] });
  }

  statement(nameToken: IToken, valueTokens: readonly IToken[]): void {
    const bracket = valueTokens[0];
    if (bracket && !this.#current?.bracket && opensInline(nameToken, bracket)) {
      this.#inlineBlock(nameToken, bracket, valueTokens.slice(1));
      return;
    }
    const block = this.#current;
    const [name, ...values] = [nameToken, ...valueTokens].map((token) => this.#value(token));
    if (!name || !block) return;
    if (name.quoted) {
      this.#diagnostics.error(name.range, 'the name of an option is written without quotes');
      block.complete = false;
      return;
    }
    const statements = block.sections.at(-1)?.statements ?? block.statements;
    const rest = restOf(this.#source, values);
    statements.push({ name: name.text, nameRange: name.range, values, rest });
  }

  /** `name { option`, perhaps with its `}`: an error, but taken for the block that is meant. */
  #inlineBlock(name: IToken, bracket: IToken, tokens: readonly IToken[]): void {
    this.#diagnostics.error(
      rangeOf(bracket),
      'the opening bracket must end its line; put the options on lines of their own',
    );
    this.#begin(name.image, rangeOf(name), bracket, true, true);
    const closed = isCloseBracket(tokens.at(-1)?.image);
    const [option, ...values] = closed ? tokens.slice(0, -1) : tokens;
    if (option) this.statement(option, values);
    if (!closed) return;
    this.endBlock(undefined, [], name);
    this.#begin('', rangeOf(name), undefined, false);
  }

  #begin(
    name: string,
    nameRange: Range,
    bracket: IToken | undefined,
    keep: boolean,
    inline = false,
  ): void {
    this.#current = {
      name,
      nameRange,
      bracket,
      statements: [],
      sections: [],
      complete: !inline,
      inline,
      keep,
    };
  }

  #checkClosed(block: OpenBlock, bracket: IToken, closer: IToken | undefined, next: IToken): void {
    const expected = closerOf.get(bracket.image) ?? '}';
    if (closer?.image === expected) return;
    const title = block.name === '' ? 'the block' : blockTitle(block);
    const opened = { message: `${title} is opened here`, range: rangeOf(bracket) };
    if (closer) {
      const message = `${title} is opened with "${bracket.image}" and must be closed with "${expected}", not "${closer.image}"`;
      this.#diagnostics.error(rangeOf(closer), message, { related: opened });
      return;
    }
    block.complete = false;
    if (block.inline) return;
    if (next.tokenType === BlockName) {
      const message = `blocks cannot be nested: ${title} is still open; is a "${expected}" missing before this line?`;
      this.#diagnostics.error(rangeOf(next), message, { related: opened });
      this.#surplusClosers++;
    } else {
      this.#diagnostics.error(
        opened.range,
        `${title} is never closed; its "${expected}" is missing`,
      );
    }
  }

  #value(token: IToken): Value {
    const range = rangeOf(token);
    const quoted = token.tokenType === Quoted || token.tokenType === UnclosedQuote;
    if (!quoted) return { text: token.image, quoted, range };
    if (token.tokenType === UnclosedQuote) {
      this.#diagnostics.error(range, 'the closing quote is missing');
      if (this.#current) this.#current.complete = false;
    }
    const control = controlCharacter.exec(token.image);
    if (control) {
      const offset = range.offset + control.index;
      this.#diagnostics.error({ offset, length: 1 }, controlMessage(control[0]));
    }
    return { text: unquote(token.image), quoted, range };
  }
}

function opensInline(name: IToken, bracket: IToken): boolean {
  return isOpenBracket(bracket.image) && blockNamePattern.test(name.image);
}

/** `unexpected control character U+0007` */
export function controlMessage(text: string): string {
  const code = text.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  return `unexpected control character U+${code}`;
}

function rangeOf(token: IToken): Range {
  return { offset: token.startOffset, length: token.image.length };
}
