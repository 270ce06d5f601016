import { BytesColumn, NumberColumn } from '../../../records/column.ts';
import type { KeyColumn } from '../../../records/column-set.ts';
import { SLACK } from '../../../records/text.ts';
import type { PieceHead } from '../queue/record-buffer.ts';
import type { RecordFormat } from '../record-output.ts';
import { encodeHead, ID_OFFSET } from './row-head.ts';
import { RowIds } from './row-id.ts';

/** Where a field's values come from. */
const Kind = { NUMBER: 0, WIDE: 1, BYTES: 2 } as const;
type Kind = (typeof Kind)[keyof typeof Kind];

/** Up to here bytes are copied one by one: it costs less than a call. */
const SHORT = 64;
const none = new Uint32Array(0);
const noBytes = new BytesColumn(0);

/**
 * Writes rows in the form in which they wait for the database, as row-head.ts describes it: no text
 * is made of anything yet, and a spool holds them as they are.
 */
export class RowFormat implements RecordFormat {
  readonly head: PieceHead;
  readonly #ids = new RowIds();
  readonly #kinds: Uint8Array;
  readonly #present: readonly Uint8Array[];
  /** Numbers, upper halves of numbers, or offsets. */
  readonly #first: readonly Uint32Array[];
  /** Lower halves of numbers, or lengths. */
  readonly #second: readonly Uint32Array[];
  readonly #bytes: readonly BytesColumn[];
  /** The fields of any length. */
  readonly #long: Uint32Array;
  readonly #fixedRoom: number;
  readonly #bitmap: number;

  constructor(keys: readonly KeyColumn[]) {
    const kinds: Kind[] = keys.map(({ column }) => kindOf(column));
    this.#kinds = Uint8Array.from(kinds);
    this.#present = keys.map(({ column }) => column.present);
    this.#first = keys.map(({ column }) => {
      if (column instanceof BytesColumn) return column.offsets;
      return column instanceof NumberColumn ? column.values : column.high;
    });
    this.#second = keys.map(({ column }) => {
      if (column instanceof BytesColumn) return column.lengths;
      return column instanceof NumberColumn ? none : column.low;
    });
    this.#bytes = keys.map(({ column }) => (column instanceof BytesColumn ? column : noBytes));
    this.#long = Uint32Array.from(kinds.flatMap((kind, i) => (kind === Kind.BYTES ? [i] : [])));
    this.#bitmap = Math.ceil(keys.length / 8);
    this.#fixedRoom = this.#bitmap + 8 * keys.length + SLACK;
    const head = encodeHead(keys.map(({ key: { name, type } }) => ({ name, type })));
    this.head = {
      length: head.length,
      write: (out, at) => {
        new Uint8Array(out.buffer, out.byteOffset + at, head.length).set(head);
        this.#ids.writeFirst(out, at + ID_OFFSET);
      },
    };
  }

  room(row: number): number {
    let room = this.#fixedRoom;
    const long = this.#long;
    for (let l = 0; l < long.length; l++) {
      const i = long[l] as number;
      if ((this.#present[i] as Uint8Array)[row] === 1) {
        room += (this.#second[i] as Uint32Array)[row] as number;
      }
    }
    return room;
  }

  write(row: number, out: DataView, start: number): number {
    const kinds = this.#kinds;
    const count = kinds.length;
    let at = start + this.#bitmap;
    let bits = 0;
    for (let i = 0; i < count; i++) {
      if ((this.#present[i] as Uint8Array)[row] === 1) {
        bits |= 1 << (i & 7);
        const first = (this.#first[i] as Uint32Array)[row] as number;
        const kind = kinds[i];
        if (kind === Kind.NUMBER) {
          out.setUint32(at, first, true);
          at += 4;
        } else {
          const second = (this.#second[i] as Uint32Array)[row] as number;
          if (kind === Kind.WIDE) {
            out.setUint32(at, first, true);
            out.setUint32(at + 4, second, true);
            at += 8;
          } else {
            out.setUint32(at, second, true);
            at = copy((this.#bytes[i] as BytesColumn).data, first, second, out, at + 4);
          }
        }
      }
      if ((i & 7) === 7) {
        out.setUint8(start + (i >> 3), bits);
        bits = 0;
      }
    }
    if ((count & 7) !== 0) out.setUint8(start + (count >> 3), bits);
    this.#ids.advance();
    return at;
  }
}

function kindOf(column: KeyColumn['column']): Kind {
  if (column instanceof NumberColumn) return Kind.NUMBER;
  return column instanceof BytesColumn ? Kind.BYTES : Kind.WIDE;
}

function copy(data: Uint8Array, offset: number, length: number, out: DataView, at: number): number {
  if (length > SHORT) {
    const target = new Uint8Array(out.buffer, out.byteOffset + at, length);
    target.set(data.subarray(offset, offset + length));
  } else {
    for (let i = 0; i < length; i++) out.setUint8(at + i, data[offset + i] as number);
  }
  return at + length;
}
