import type { BytesCells, Cells } from '../cells.ts';
import { ID_COLUMN } from '../row-id.ts';
import type { Run } from './row-statements.ts';
import type { MysqlSession } from './session.ts';
import { quoteName } from './sql-text.ts';

/** Ids that are looked up with one statement. */
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
 * @param table quoted
 */
export async function unknownRuns(
  session: MysqlSession,
  table: string,
  ids: BytesCells,
  from: number,
  to: number,
): Promise<readonly Run[]> {
  const known = new Set<string>();
  for (let row = from; row < to; row += IDS) {
    const wanted: string[] = [];
    for (let i = row; i < Math.min(row + IDS, to); i++) wanted.push(literalOf(ids, i));
    const column = quoteName(ids.column.name);
    const value = isBinary(ids) ? `HEX(${column})` : column;
    const found = await session.select(
      'look up which rows are stored',
      `SELECT ${value} FROM ${table} WHERE ${column} IN (${wanted.join()})`,
    );
    for (const [id] of found) known.add((id ?? '').replaceAll('-', '').toLowerCase());
  }
  const runs: [from: number, to: number][] = [];
  for (let row = from; row < to; row++) {
    if (known.has(hexOf(ids, row))) continue;
    const last = runs.at(-1);
    if (last?.[1] === row) last[1]++;
    else runs.push([row, row + 1]);
  }
  return runs;
}

const isBinary = ({ column: { type } }: BytesCells): boolean => type.kind === 'binary';

function hexOf({ data, offsets, lengths }: BytesCells, row: number): string {
  const offset = offsets[row] ?? 0;
  return Buffer.from(data.subarray(offset, offset + (lengths[row] ?? 0))).toString('hex');
}

/** As LiteralRows writes it. */
function literalOf(ids: BytesCells, row: number): string {
  const { kind } = ids.column.type;
  return `${kind === 'binary' || kind === 'uuid' ? 'x' : ''}'${hexOf(ids, row)}'`;
}
