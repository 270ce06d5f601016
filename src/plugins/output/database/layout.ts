/**
 * What a column of a table can hold, whatever its database calls it. It decides what becomes of a
 * key's value: see cell-builder.ts.
 */
export type ColumnType =
  /** Whole numbers of 0 to `max`, and perhaps others. */
  | {
      readonly kind: 'integer';
      readonly max: bigint;
      /** What is greater is stored as `max`, instead of becoming NULL. */
      readonly saturates?: boolean;
    }
  | { readonly kind: 'boolean' }
  /** Text of at most `maxLength` characters. */
  | {
      readonly kind: 'text';
      readonly maxLength?: number | undefined;
      /** What is not ASCII cannot be stored, and is escaped. */
      readonly asciiOnly?: boolean;
    }
  /** Bytes: `length` of them, where the database pads what is shorter, or at most `maxLength`. */
  | {
      readonly kind: 'binary';
      readonly length?: number | undefined;
      readonly maxLength?: number | undefined;
    }
  /** IPv4 and IPv6 addresses. */
  | { readonly kind: 'address' }
  /** Link-layer addresses of six bytes. */
  | { readonly kind: 'mac' }
  /** Points in time, to the microsecond or less exactly; with `range`, no others than these. */
  | { readonly kind: 'time'; readonly range?: TimeRange }
  | { readonly kind: 'uuid' }
  /** Each value as it is: a whole number up to 2⁶³ − 1, a text, or bytes. */
  | { readonly kind: 'any' }
  /** Anything else: the database makes it from a text. */
  | { readonly kind: 'other' };

/** The first and the last second since 1970, with all their microseconds. */
export interface TimeRange {
  readonly first: number;
  readonly last: number;
}

export interface TableColumn {
  readonly name: string;
  readonly type: ColumnType;
  /** The type as its database writes it: `varchar(32)`. */
  readonly sqlType: string;
  /** A value comes about without being given: a default that is not NULL, a sequence, an expression. */
  readonly hasDefault: boolean;
}

/** What there is to fill. */
export interface TableLayout {
  /** The table as messages name it: `ulog2`, `public.ulog2`. */
  readonly table: string;
  /** All columns in their order, or the arguments of the procedure, under the names of the columns. */
  readonly columns: readonly TableColumn[];
  /** Columns cannot be left out: they are arguments of a procedure. */
  readonly positional: boolean;
}
