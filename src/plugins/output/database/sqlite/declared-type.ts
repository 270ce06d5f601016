import type { ColumnType } from '../layout.ts';

/** SQLite stores whole numbers in 64 bits with a sign, however the column is declared. */
const integer: ColumnType = { kind: 'integer', max: 2n ** 63n - 1n };
/** A double holds whole numbers exactly up to here. */
const real: ColumnType = { kind: 'integer', max: 2n ** 53n };
const text: ColumnType = { kind: 'text' };
const binary: ColumnType = { kind: 'binary' };
const time: ColumnType = { kind: 'time' };
const boolean: ColumnType = { kind: 'boolean' };
const uuid: ColumnType = { kind: 'uuid' };
const any: ColumnType = { kind: 'any' };
const other: ColumnType = { kind: 'other' };

/**
 * The first that is found in the type decides. `INT`, `CHAR` … `DOUB` are SQLite's own rules, in its
 * order (https://www.sqlite.org/datatype3.html section 3.1): whatever else is found in such a type,
 * SQLite itself would convert values to what they say. The names behind them have NUMERIC affinity:
 * what is not a number SQLite leaves as it is, so that they can say what is meant.
 *
 * No length is looked at, because SQLite does not: `VARCHAR(32)` takes any text, `TINYINT` any number.
 */
const rules: readonly (readonly [RegExp, ColumnType])[] = [
  [/INT/, integer],
  [/CHAR|CLOB|TEXT/, text],
  [/BLOB/, binary],
  [/REAL|FLOA|DOUB/, real],
  [/BOOL/, boolean],
  [/BINARY|BYTEA/, binary],
  [/DATE|TIME/, time],
  [/UUID|GUID/, uuid],
  [/NUM|DEC/, integer],
];

/**
 * What a column takes, by the type that it is declared with. Columns declared without one, and `ANY`
 * of STRICT tables, take values as they come. Names that say nothing, such as `INET`, get text, of which
 * SQLite makes a number where it looks like one.
 */
export function columnType(declared: string, strict: boolean): ColumnType {
  const type = declared.toUpperCase();
  if (type === '' || (strict && type === 'ANY')) return any;
  return rules.find(([pattern]) => pattern.test(type))?.[1] ?? other;
}
