import { BytesColumn } from '../../../records/column.ts';
import { BytesCells, type BytesWire, type CellBuilder } from './cells.ts';
import type { TableColumn } from './layout.ts';
import { ID_LENGTH } from './row-head.ts';
import type { RowTable } from './row-table.ts';

/** How long values may be: those shorter than `least` or longer than `most` do not fit. */
interface Lengths {
  readonly least: number;
  readonly most: number;
  /** What is too long is cut, instead of becoming NULL. */
  readonly isCut: boolean;
}

/** Bytes as they are. */
export class BinaryBuilder implements CellBuilder {
  readonly cells: BytesCells;
  cut = 0;
  unfit = 0;
  readonly #field: number;
  readonly #lengths: Lengths;

  constructor(column: TableColumn, wire: BytesWire, field: number, lengths: Lengths) {
    this.cells = new BytesCells(column, wire);
    this.#field = field;
    this.#lengths = lengths;
  }

  fill(table: RowTable): void {
    const { cells } = this;
    const { least, most, isCut } = this.#lengths;
    const column = table.column(this.#field);
    cells.resize(table.rows);
    cells.present.fill(0, 0, table.rows);
    if (!(column instanceof BytesColumn)) return;
    cells.data = column.data;
    for (let row = 0; row < table.rows; row++) {
      if (!column.has(row)) continue;
      const length = column.length(row);
      if (length < least || (length > most && !isCut)) {
        this.unfit++;
        continue;
      }
      if (length > most) this.cut++;
      cells.offsets[row] = column.offset(row);
      cells.lengths[row] = Math.min(length, most);
      cells.present[row] = 1;
    }
  }
}

/** Bytes of an IPv4 address in IPv6: ::ffff:0:0/96, RFC 4291 section 2.5.5.2. */
const MAPPED = Buffer.from('00000000000000000000ffff', 'hex');
const IPV6_LENGTH = 16;

/** Addresses in 16 bytes, IPv4 ones mapped into IPv6: as ulogd2 has them in `binary(16)`. */
export class MappedAddressBuilder implements CellBuilder {
  readonly cells: BytesCells;
  readonly cut = 0;
  readonly unfit = 0;
  readonly #field: number;
  #made = new Uint8Array(0);

  constructor(column: TableColumn, field: number) {
    this.cells = new BytesCells(column, 'binary');
    this.#field = field;
  }

  fill(table: RowTable): void {
    const { cells } = this;
    const column = table.column(this.#field);
    cells.resize(table.rows);
    cells.present.fill(0, 0, table.rows);
    if (!(column instanceof BytesColumn)) return;
    if (this.#made.length < IPV6_LENGTH * table.rows) {
      this.#made = new Uint8Array(IPV6_LENGTH * table.rows);
    }
    const made = this.#made;
    cells.data = made;
    for (let row = 0; row < table.rows; row++) {
      if (!column.has(row)) continue;
      const at = IPV6_LENGTH * row;
      const length = column.length(row);
      if (length < IPV6_LENGTH) made.set(MAPPED, at);
      const start = at + IPV6_LENGTH - length;
      for (let i = 0; i < length; i++)
        made[start + i] = column.data[column.offset(row) + i] as number;
      cells.offsets[row] = at;
      cells.lengths[row] = IPV6_LENGTH;
      cells.present[row] = 1;
    }
  }
}

/** The rows' ids. */
export class IdBuilder implements CellBuilder {
  readonly cells: BytesCells;
  readonly cut = 0;
  readonly unfit = 0;

  constructor(column: TableColumn) {
    this.cells = new BytesCells(column, 'uuid');
  }

  fill({ rows, ids }: RowTable): void {
    const { cells } = this;
    cells.resize(rows);
    cells.data = ids;
    for (let row = 0; row < rows; row++) {
      cells.present[row] = 1;
      cells.offsets[row] = ID_LENGTH * row;
      cells.lengths[row] = ID_LENGTH;
    }
  }
}

/** NULL in every row. */
export class NullBuilder implements CellBuilder {
  readonly cells: BytesCells;
  readonly cut = 0;
  readonly unfit = 0;

  constructor(column: TableColumn) {
    this.cells = new BytesCells(column, 'text');
  }

  fill({ rows }: RowTable): void {
    this.cells.resize(rows);
  }
}
