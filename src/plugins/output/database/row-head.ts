import type { KeyType } from '../../../records/key.ts';

/**
 * What stands before the rows of a piece, so that each piece can be read by itself, whichever run wrote
 * it; numbers are little-endian:
 *
 * | offset | bytes |                                                                     |
 * | ------ | ----- | ------------------------------------------------------------------- |
 * | 0      | 4     | the form of what follows: `SPR1`                                    |
 * | 4      | 4     | bytes of the whole head                                             |
 * | 8      | 16    | id of the first row: see row-id.ts                                  |
 * | 24     | 4     | number of fields                                                    |
 * | 28     |       | for each field: type (1), bytes of the name (1), the name           |
 *
 * A row is one bit for each field that says whether it is there (the lowest bit of the first byte for
 * the first field), then the values of those that are: 4 bytes for `bool` to `u32`, upper and lower
 * half of `u64`, and for everything else its length (4 bytes) and its bytes.
 */
const FORM = 0x3152_5053;
export const ID_OFFSET = 8;
export const ID_LENGTH = 16;
const FIELDS_OFFSET = 24;

const types: readonly KeyType[] = [
  'bool',
  'u8',
  'u16',
  'u32',
  'u64',
  'ip',
  'mac',
  'string',
  'bytes',
];

/** A key of the rows. */
export interface RowField {
  readonly name: string;
  readonly type: KeyType;
}

/** The head for rows with these fields, its id zero. */
export function encodeHead(fields: readonly RowField[]): Buffer {
  const parts: Buffer[] = [Buffer.alloc(FIELDS_OFFSET + 4)];
  for (const { name, type } of fields) {
    const text = Buffer.from(name);
    parts.push(Buffer.of(types.indexOf(type), text.length), text);
  }
  const head = Buffer.concat(parts);
  head.writeUInt32LE(FORM, 0);
  head.writeUInt32LE(head.length, 4);
  head.writeUInt32LE(fields.length, FIELDS_OFFSET);
  return head;
}

/** The bytes of a piece's head; undefined if it has none: another version wrote it. */
export function headOf(piece: Uint8Array): Buffer | undefined {
  const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
  if (bytes.length < FIELDS_OFFSET + 4 || bytes.readUInt32LE(0) !== FORM) return undefined;
  const length = bytes.readUInt32LE(4);
  if (length > bytes.length) return undefined;
  const head = bytes.subarray(0, length);
  return isWhole(head) ? head : undefined;
}

/** Whether a head's fields end where it ends. */
function isWhole(head: Buffer): boolean {
  if (head.length < FIELDS_OFFSET + 4) return false;
  let at = FIELDS_OFFSET + 4;
  for (let left = head.readUInt32LE(FIELDS_OFFSET); left > 0; left--) {
    if (at + 2 > head.length) return false;
    at += 2 + (head[at + 1] as number);
  }
  return at === head.length;
}

/** Whether rows behind both heads have the same fields. */
export const sameFields = (one: Buffer, other: Buffer): boolean =>
  one.subarray(FIELDS_OFFSET).equals(other.subarray(FIELDS_OFFSET));

export function fieldsOf(head: Buffer): RowField[] {
  const count = head.readUInt32LE(FIELDS_OFFSET);
  let at = FIELDS_OFFSET + 4;
  return Array.from({ length: count }, () => {
    const [type = 0, length = 0] = head.subarray(at, at + 2);
    const name = head.toString('utf8', at + 2, at + 2 + length);
    at += 2 + length;
    return { name, type: types[type] ?? 'bytes' };
  });
}
