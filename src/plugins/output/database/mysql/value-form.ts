import type { BytesCells, Cells } from '../cells.ts';
import { timeLength } from './column-type.ts';

/** What the values of a column look like in a statement. */
export const FORM = {
  integer: 0,
  time: 1,
  text: 2,
  /** Bytes as they are. */
  binary: 3,
  /** Addresses: IPv4 ones mapped into IPv6, as the type INET6 takes them. */
  address: 4,
  /** Bytes as hexadecimal digits, in a column of text. */
  hexText: 5,
} as const;

export type Form = (typeof FORM)[keyof typeof FORM];

/** The form of a column, and how many characters a point in time has there. */
export interface ValueForm {
  readonly form: Form;
  readonly timeLength: number;
}

export function valueFormOf(cells: Cells): ValueForm {
  const { sqlType } = cells.column;
  if (cells.kind === 'bytes') return { form: bytesForm(cells), timeLength: 0 };
  if (cells.wire !== 'time') return { form: FORM.integer, timeLength: 0 };
  return { form: FORM.time, timeLength: timeLength(sqlType) };
}

function bytesForm({ wire, column: { type } }: BytesCells): Form {
  switch (wire) {
    case 'text':
      return FORM.text;
    case 'binary':
    case 'mac':
      return FORM.binary;
    case 'address':
      return type.kind === 'address' ? FORM.address : FORM.binary;
    case 'uuid':
      return type.kind === 'binary' || type.kind === 'uuid' ? FORM.binary : FORM.hexText;
  }
}
