import type { ColumnType } from '../layout.ts';

/** What information_schema.COLUMNS or .PARAMETERS say about a type: texts, as the server gives them. */
export interface SqlType {
  /** DATA_TYPE: `varchar`. */
  readonly name: string;
  /** COLUMN_TYPE or DTD_IDENTIFIER: `varchar(32)`, `int(10) unsigned`. */
  readonly full: string;
  /** CHARACTER_MAXIMUM_LENGTH: characters; of the `text` types and those of bytes: bytes. */
  readonly length: string | null;
  /** NUMERIC_PRECISION, NUMERIC_SCALE. */
  readonly precision: string | null;
  readonly scale: string | null;
  /** CHARACTER_SET_NAME. */
  readonly charset: string | null;
}

const integerBits: ReadonlyMap<string, number> = new Map([
  ['tinyint', 8],
  ['smallint', 16],
  ['mediumint', 24],
  ['int', 32],
  ['integer', 32],
  ['bigint', 64],
]);

/** Whole numbers that floating-point types hold exactly. */
const FLOAT_MAX = 2n ** 24n;
const DOUBLE_MAX = 2n ** 53n;
/**
 * What TIMESTAMP takes: 1970-01-01 00:00:01 to 2038-01-19 03:14:07. (MySQL Reference Manual, "Date
 * and Time Data Types"; MariaDB ends in 2106 from 11.5 on, which is not made use of.)
 */
const TIMESTAMP_RANGE = { first: 1, last: 2 ** 31 - 1 };
/** Nothing that specter stores is greater. */
const U64_MAX = 2n ** 64n - 1n;

/** Character sets that can hold every character there is. The rest is left with ASCII. */
const wideCharsets: readonly string[] = ['utf8mb4', 'utf16', 'utf16le', 'utf32', 'gb18030'];

/** The most bytes of a character in these character sets. */
const CHARACTER_BYTES = 4;

/** What a column or parameter of this type can hold. */
export function columnTypeOf(type: SqlType): ColumnType {
  const bits = integerBits.get(type.name);
  if (bits !== undefined) {
    const unsigned = type.full.toLowerCase().includes('unsigned');
    return { kind: 'integer', max: 2n ** BigInt(unsigned ? bits : bits - 1) - 1n };
  }
  switch (type.name) {
    case 'bit':
      return { kind: 'integer', max: 2n ** BigInt(type.precision ?? 1) - 1n };
    case 'decimal':
    case 'numeric': {
      const digits = Number(type.precision ?? 10) - Number(type.scale ?? 0);
      const max = 10n ** BigInt(digits) - 1n;
      return { kind: 'integer', max: max < U64_MAX ? max : U64_MAX };
    }
    case 'float':
      return { kind: 'integer', max: FLOAT_MAX };
    case 'double':
      return { kind: 'integer', max: DOUBLE_MAX };
    case 'char':
    case 'varchar':
    case 'tinytext':
    case 'text':
    case 'mediumtext':
    case 'longtext':
      return textType(type);
    case 'binary':
      return { kind: 'binary', length: lengthOf(type) };
    case 'varbinary':
    case 'tinyblob':
    case 'blob':
    case 'mediumblob':
    case 'longblob':
      return { kind: 'binary', maxLength: lengthOf(type) };
    case 'inet6':
      return { kind: 'address' };
    case 'uuid':
      return { kind: 'uuid' };
    case 'timestamp':
      return { kind: 'time', range: TIMESTAMP_RANGE };
    case 'datetime':
    case 'date':
      return { kind: 'time' };
    default:
      return { kind: 'other' };
  }
}

function textType(type: SqlType): ColumnType {
  const length = lengthOf(type);
  const isWide = wideCharsets.includes(type.charset ?? '');
  if (type.name === 'char' || type.name === 'varchar') {
    return { kind: 'text', maxLength: length, ...(isWide ? {} : { asciiOnly: true }) };
  }
  // Bytes, of which a character takes up to four. With so few as `tinytext` has, a text of ASCII
  // that is as long as it can be is worth more than other characters.
  if (!isWide || type.name === 'tinytext') {
    return { kind: 'text', maxLength: length, asciiOnly: true };
  }
  return {
    kind: 'text',
    maxLength: length === undefined ? undefined : Math.floor(length / CHARACTER_BYTES),
  };
}

const lengthOf = ({ length }: SqlType): number | undefined =>
  length === null ? undefined : Number(length);

/** The narrower of two types, where a value goes through both: a view's column and a parameter. */
export function narrower(one: ColumnType, other: ColumnType): ColumnType {
  if (one.kind === 'integer' && other.kind === 'integer') return one.max < other.max ? one : other;
  if (one.kind === 'text' && other.kind === 'text') {
    const asciiOnly = one.asciiOnly === true || other.asciiOnly === true;
    const maxLength = least(one.maxLength, other.maxLength);
    return { kind: 'text', maxLength, ...(asciiOnly ? { asciiOnly } : {}) };
  }
  if (one.kind === 'time' && other.kind === 'time') return one.range ? one : other;
  // Binary parameters are filled up with NUL, not cut: the exact length is the parameter's.
  if (one.kind === 'binary' && other.kind === 'binary' && other.length === undefined) {
    return { ...one, maxLength: least(one.maxLength, other.maxLength) };
  }
  return other;
}

const least = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined ? other : other === undefined ? one : Math.min(one, other);

/**
 * Characters of a point in time that a column takes, of `2026-01-02 03:04:05.678901`: what is more
 * exact is cut by specter, because servers round it.
 */
export function timeLength(sqlType: string): number {
  const type = sqlType.toLowerCase();
  if (type === 'date') return 10;
  const digits = Number(/^(?:timestamp|datetime)\((\d)\)/.exec(type)?.[1] ?? 0);
  return digits === 0 ? 19 : 20 + digits;
}
