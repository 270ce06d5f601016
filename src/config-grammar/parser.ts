import { EmbeddedActionsParser, type IOrAlt, type IToken } from 'chevrotain';
import type { DocumentBuilder } from './document-builder.ts';
import { BlockName, Close, Newline, Open, SectionName, tokenTypes, ValueToken } from './tokens.ts';

/**
 * The grammar accepts every sequence of tokens: what does not belong has a rule of its own (stray…),
 * whose action reports it and puts the reader back in step at the next line or block. So an error
 * in one block never hides those of the next, and no input can make chevrotain's own recovery,
 * which searches ahead at every failure, quadratic.
 *
 *     config     = { NEWLINE | block | strayOpen | strayClose | strayLines } .
 *     block      = BlockName { NEWLINE } Open body .
 *     body       = { NEWLINE | section | statement | strayBracket } [ Close values ] .
 *     section    = SectionName values .
 *     statement  = Value values .
 *     values     = { Value } .
 *     strayOpen  = Open body .
 *     strayClose = Close values .
 *     strayLines = ( section | statement ) body .
 *     strayBracket = Open .
 */
class ConfigParser extends EmbeddedActionsParser {
  /** Receives what the rules recognise; set before each parse. */
  builder: DocumentBuilder | undefined;

  // Alternatives are made once and not for each line: see chevrotain's performance guide.
  readonly #configLines: IOrAlt<unknown>[] = [
    { ALT: () => this.CONSUME(Newline) },
    { ALT: () => this.SUBRULE(this.#block) },
    { ALT: () => this.SUBRULE(this.#strayOpen) },
    { ALT: () => this.SUBRULE(this.#strayClose) },
    { ALT: () => this.SUBRULE(this.#strayLines) },
  ];

  readonly #bodyLines: IOrAlt<unknown>[] = [
    { ALT: () => this.CONSUME1(Newline) },
    { ALT: () => this.SUBRULE1(this.#section) },
    { ALT: () => this.SUBRULE2(this.#statement) },
    { ALT: () => this.SUBRULE3(this.#strayBracket) },
  ];

  readonly #optionLines: IOrAlt<unknown>[] = [
    { ALT: () => this.SUBRULE4(this.#section) },
    { ALT: () => this.SUBRULE5(this.#statement) },
  ];

  readonly config = this.RULE('config', () => {
    this.MANY(() => {
      this.OR(this.#configLines);
    });
  });

  readonly #values = this.RULE('values', (): IToken[] => {
    const tokens: IToken[] = [];
    this.MANY(() => {
      tokens.push(this.CONSUME(ValueToken));
    });
    return tokens;
  });

  readonly #statement = this.RULE('statement', () => {
    const name = this.CONSUME(ValueToken);
    const values = this.SUBRULE(this.#values);
    this.ACTION(() => this.builder?.statement(name, values));
  });

  readonly #section = this.RULE('section', () => {
    const name = this.CONSUME(SectionName);
    const words = this.SUBRULE(this.#values);
    this.ACTION(() => this.builder?.section(name, words));
  });

  readonly #strayBracket = this.RULE('strayBracket', () => {
    const bracket = this.CONSUME(Open);
    this.ACTION(() => this.builder?.nestedBracket(bracket));
  });

  readonly #body = this.RULE('body', () => {
    this.MANY1(() => {
      this.OR(this.#bodyLines);
    });
    let close: IToken | undefined;
    let trailing: IToken[] = [];
    this.OPTION(() => {
      close = this.CONSUME2(Close);
      trailing = this.SUBRULE4(this.#values);
    });
    this.ACTION(() => this.builder?.endBlock(close, trailing, this.LA(1)));
  });

  readonly #block = this.RULE('block', () => {
    const name = this.CONSUME(BlockName);
    this.MANY(() => this.CONSUME(Newline));
    const open = this.CONSUME(Open);
    this.ACTION(() => this.builder?.beginBlock(name, open));
    this.SUBRULE(this.#body);
  });

  readonly #strayOpen = this.RULE('strayOpen', () => {
    const open = this.CONSUME(Open);
    this.ACTION(() => this.builder?.beginNamelessBlock(open));
    this.SUBRULE(this.#body);
  });

  readonly #strayClose = this.RULE('strayClose', () => {
    const close = this.CONSUME(Close);
    this.SUBRULE(this.#values);
    this.ACTION(() => this.builder?.strayClose(close));
  });

  readonly #strayLines = this.RULE('strayLines', () => {
    this.ACTION(() => this.builder?.beginStrayLines(this.LA(1), this.LA(2)));
    this.OR(this.#optionLines);
    this.SUBRULE(this.#body);
  });

  constructor() {
    super(tokenTypes, { maxLookahead: 1, recoveryEnabled: false });
    this.performSelfAnalysis();
  }
}

/** Built once: chevrotain analyses the grammar in the constructor. */
const parser = new ConfigParser();

/** Runs the grammar over `tokens`, handing every line to `builder`. */
export function parseTokens(tokens: IToken[], builder: DocumentBuilder): void {
  parser.input = tokens;
  parser.builder = builder;
  parser.config();
  const [unexpected] = parser.errors;
  // The parser lives on; the tokens need not.
  parser.input = [];
  parser.builder = undefined;
  // Cannot happen while the grammar is total; silence here would hide the rest of a file.
  if (unexpected) throw new Error(`config grammar is not total: ${unexpected.message}`);
}
