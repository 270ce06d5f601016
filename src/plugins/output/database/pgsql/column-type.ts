import type { ColumnType } from '../layout.ts';

/** Object identifiers of built-in types: they are the same everywhere (catalog/pg_type.dat). */
export const oid = {
  bool: 16,
  bytea: 17,
  int8: 20,
  int2: 21,
  int4: 23,
  text: 25,
  cidr: 650,
  float4: 700,
  float8: 701,
  macaddr8: 774,
  macaddr: 829,
  inet: 869,
  bpchar: 1042,
  varchar: 1043,
  date: 1082,
  timestamp: 1114,
  timestamptz: 1184,
  numeric: 1700,
  uuid: 2950,
} as const;

const INT8_MAX = 2n ** 63n - 1n;
/** No key is greater. */
const U64_MAX = 2n ** 64n - 1n;
/** Up to here every whole number is a float4, and a float8. */
const FLOAT4_MAX = 2n ** 24n;
const FLOAT8_MAX = 2n ** 53n;
/** What `varchar(n)`, `char(n)` and `numeric(p, s)` add to their limits (VARHDRSZ). */
const MODIFIER_OFFSET = 4;

/**
 * What a column can hold.
 *
 * @param typeOid of a built-in type; a domain's is that of the type below it
 * @param modifier pg_attribute.atttypmod; −1 without limits
 * @param encoding the database's
 */
export function columnType(typeOid: number, modifier: number, encoding: string): ColumnType {
  switch (typeOid) {
    case oid.int2:
      return { kind: 'integer', max: 2n ** 15n - 1n };
    case oid.int4:
      return { kind: 'integer', max: 2n ** 31n - 1n };
    case oid.int8:
      return { kind: 'integer', max: INT8_MAX };
    case oid.numeric:
      return { kind: 'integer', max: numericMax(modifier) };
    case oid.float4:
      return { kind: 'integer', max: FLOAT4_MAX };
    case oid.float8:
      return { kind: 'integer', max: FLOAT8_MAX };
    case oid.bool:
      return { kind: 'boolean' };
    case oid.inet:
    case oid.cidr:
      return { kind: 'address' };
    case oid.macaddr:
    case oid.macaddr8:
      return { kind: 'mac' };
    case oid.timestamptz:
    case oid.timestamp:
    case oid.date:
      return { kind: 'time' };
    case oid.uuid:
      return { kind: 'uuid' };
    case oid.bytea:
      return { kind: 'binary' };
    case oid.text:
    case oid.varchar:
    case oid.bpchar:
      return textType(modifier, encoding);
    default:
      return { kind: 'other' };
  }
}

/** SQL_ASCII takes any bytes, and counts them as characters; other encodings have not all of Unicode. */
function textType(modifier: number, encoding: string): ColumnType {
  if (modifier < 0) {
    return { kind: 'text', asciiOnly: encoding !== 'UTF8' && encoding !== 'SQL_ASCII' };
  }
  return { kind: 'text', maxLength: modifier - MODIFIER_OFFSET, asciiOnly: encoding !== 'UTF8' };
}

/** Digits before the point: precision in the upper half, scale in the lowest 11 bits, signed. */
function numericMax(modifier: number): bigint {
  if (modifier < 0) return U64_MAX;
  const limits = modifier - MODIFIER_OFFSET;
  const precision = (limits >>> 16) & 0xffff;
  const scale = ((limits & 0x7ff) ^ 1024) - 1024;
  const digits = Math.max(0, precision - scale);
  const max = 10n ** BigInt(digits) - 1n;
  return max < U64_MAX ? max : U64_MAX;
}
