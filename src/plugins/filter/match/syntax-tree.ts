import type { Span } from './expression-text.ts';

/** A word as written: a key, a number, an address, a name. */
export interface Word extends Span {
  readonly text: string;
}

/** What a key is compared with. */
export interface Value extends Word {
  /** What a text in quotes stands for; undefined for a bare word. */
  readonly bytes: Uint8Array | undefined;
}

/** `is`: the bare key, which has to be a bool. `!=` and `absent` are `==` and `exists`, negated. */
export type Operator =
  | 'is'
  | 'exists'
  | '=='
  | '<'
  | '<='
  | '>'
  | '>='
  | 'in'
  | 'contains'
  | 'startswith'
  | 'endswith';

/**
 * What a test asks of a key. Negated or not, it holds only for rows that have the key; but for
 * `exists`, which negated holds for those that have not.
 */
export interface Relation {
  readonly operator: Operator;
  readonly isNegated: boolean;
  /** The operator as written; for `is` the key. */
  readonly place: Word;
  /** One, but for `in` with a set; none for `is` and `exists`. */
  readonly values: readonly Value[];
}

/** `tcp.dport in {22, 23}`, `oob.mark & 0xff == 0x10`, `tcp.syn` */
export interface Test extends Relation {
  readonly kind: 'test';
  readonly key: Word;
  readonly mask: Word | undefined;
}

export type Expression =
  | Test
  | { readonly kind: 'all' | 'any'; readonly operands: readonly Expression[] }
  | { readonly kind: 'not'; readonly operand: Expression };
