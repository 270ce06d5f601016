import type { BytesCells, Cells } from './cells.ts';
import { ID_COLUMN } from './row-id.ts';

/** Rows `from` … `to` − 1. */
export type Run = readonly [from: number, to: number];

/** Ids that are looked up at a time. */
const IDS = 500;

/** The column that holds the rows' ids, if there is one. */
export const idCellsOf = (cells: readonly Cells[]): BytesCells | undefined =>
  cells.find(
    (each): each is BytesCells =>
      each.column.name.toLowerCase() === ID_COLUMN && each.wire === 'uuid',
  );

/**
 * Looks up which rows a table has not got yet. Only for the rare case that it has some: after a
 * connection that broke while nobody knew whether its last transaction was completed.
 *
 * @param find those of some ids that the table has: hexadecimal digits, in any order, case and form
 */
export async function unknownRuns(
  ids: BytesCells,
  from: number,
  to: number,
  find: (ids: readonly string[]) => Promise<readonly string[]> | readonly string[],
): Promise<readonly Run[]> {
  const runs: [from: number, to: number][] = [];
  for (let first = from; first < to; first += IDS) {
    const wanted: string[] = [];
    for (let row = first; row < Math.min(first + IDS, to); row++) wanted.push(hexOf(ids, row));
    const found = await find(wanted);
    const known = new Set(found.map((id) => id.replaceAll('-', '').toLowerCase()));
    for (const [i, id] of wanted.entries()) {
      if (known.has(id)) continue;
      const row = first + i;
      const last = runs.at(-1);
      if (last?.[1] === row) last[1]++;
      else runs.push([row, row + 1]);
    }
  }
  return runs;
}

/** How many rows these are. */
export const rowsOf = (runs: readonly Run[]): number =>
  runs.reduce((sum, [from, to]) => sum + to - from, 0);

function hexOf({ data, offsets, lengths }: BytesCells, row: number): string {
  const offset = offsets[row] ?? 0;
  return Buffer.from(data.subarray(offset, offset + (lengths[row] ?? 0))).toString('hex');
}
