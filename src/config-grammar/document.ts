import type { Range, SourceText } from './source-text.ts';

/** A value or a name as written. */
export interface Value {
  /** The text without quotes and escapes. */
  readonly text: string;
  readonly quoted: boolean;
  /** Including the quotes. */
  readonly range: Range;
}

/** One option line: a name and its values. */
export interface Statement {
  readonly name: string;
  readonly nameRange: Range;
  readonly values: readonly Value[];
  /**
   * All values as one text, quotes and blanks as written; a `\` at the end of a line is a blank, or
   * nothing when it was inside quotes. For options that take the rest of the line.
   */
  readonly rest: string;
}

/** `:NAME words` and the statements up to the next section or the end of the block. */
export interface Section {
  readonly name: string;
  /** Tells instances of one plugin apart: the words after the name, joined by one blank. */
  readonly instance: string;
  readonly range: Range;
  readonly statements: readonly Statement[];
}

/** `name { … }` */
export interface Block {
  readonly name: string;
  readonly nameRange: Range;
  /** Statements before the first section. */
  readonly statements: readonly Statement[];
  readonly sections: readonly Section[];
  /** False when a syntax error may have lost a part: what is missing is then no further error. */
  readonly complete: boolean;
}

/** A parsed file: well-formed or not, nothing in it has been looked up yet. */
export interface ConfigDocument {
  readonly source: SourceText;
  readonly blocks: readonly Block[];
  /** True when the file has no lexical or syntax error. */
  readonly wellFormed: boolean;
}
