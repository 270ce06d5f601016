import { headOf, sameFields } from './row-head.ts';
import type { RowPiece } from './session.ts';

/** Pieces that follow each other and have the same fields. */
export interface RowGroup {
  /** Of the first of them; undefined: they have none that can be read. */
  readonly head: Buffer | undefined;
  readonly pieces: readonly RowPiece[];
  /** Rows of all of them. */
  readonly rows: number;
}

export function groupByFields(pieces: readonly RowPiece[]): RowGroup[] {
  const groups: { head: Buffer | undefined; pieces: RowPiece[]; rows: number }[] = [];
  for (const piece of pieces) {
    const head = headOf(piece.bytes);
    let group = groups.at(-1);
    if (!group?.head || !head || !sameFields(group.head, head)) {
      group = { head, pieces: [], rows: 0 };
      groups.push(group);
    }
    group.pieces.push(piece);
    group.rows += piece.records;
  }
  return groups;
}
