import { BytesColumn, type Column, NumberColumn } from '../records/column.ts';

/**
 * The keys that filters fill within a branch. They are gone when the branch ends: whoever reads all
 * keys behind it must not see them. Where a filter before the branch has filled the same keys, as a
 * second THRESHOLD behind a first one, those are back then.
 */
export class BranchKeys {
  readonly #columns: readonly BranchColumn[];

  /** @param columns those that the branch's filters fill */
  constructor(columns: Iterable<Column>) {
    this.#columns = Array.from(new Set(columns), (column) => new BranchColumn(column));
  }

  /** To be called before the filter that begins the branch; `rows`: those of the batch. */
  enter(rows: number): void {
    for (const column of this.#columns) column.enter(rows);
  }

  leave(rows: number): void {
    for (const column of this.#columns) column.leave(rows);
  }
}

class BranchColumn {
  readonly #column: Column;
  readonly #values: readonly Uint32Array[];
  /** What rows had when the branch began; memory is taken once there is something. */
  #outer: { present: Uint8Array; values: readonly Uint32Array[]; data: Uint8Array } | undefined;
  #isKept = false;

  constructor(column: Column) {
    this.#column = column;
    this.#values = valuesOf(column);
  }

  enter(rows: number): void {
    const { present } = this.#column;
    this.#isKept = present.includes(1);
    if (!this.#isKept) return;
    this.#outer ??= {
      present: new Uint8Array(present.length),
      values: this.#values.map(({ length }) => new Uint32Array(length)),
      data: present,
    };
    copy(present, this.#outer.present, rows);
    for (const [i, values] of this.#outer.values.entries()) copy(this.#values[i], values, rows);
    if (this.#column instanceof BytesColumn) this.#outer.data = this.#column.data;
  }

  leave(rows: number): void {
    const outer = this.#outer;
    this.#column.clear(rows);
    if (!this.#isKept || !outer) return;
    copy(outer.present, this.#column.present, rows);
    for (const [i, values] of outer.values.entries()) copy(values, this.#values[i], rows);
    if (this.#column instanceof BytesColumn) this.#column.data = outer.data;
  }
}

function valuesOf(column: Column): readonly Uint32Array[] {
  if (column instanceof NumberColumn) return [column.values];
  if (column instanceof BytesColumn) return [column.offsets, column.lengths];
  return [column.high, column.low];
}

type Words = Uint8Array | Uint32Array;

function copy(from: Words | undefined, to: Words | undefined, rows: number): void {
  if (from && to) to.set(from.subarray(0, rows));
}
