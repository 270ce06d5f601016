import { describe, expect, test } from 'vitest';
import { headOf } from '../../../../../src/plugins/output/database/row-head.ts';
import { DamagedRows, RowTable } from '../../../../../src/plugins/output/database/row-table.ts';
import { rowsBehind } from '../../../../../src/plugins/output/database/rows-behind.ts';
import type { RowPiece } from '../../../../../src/plugins/output/database/session.ts';
import { rowId } from '../../../../support/cells-of.ts';
import { rowPiece } from '../../../../support/row-piece.ts';

const fields = [
  { name: 'oob.mark', type: 'u32' },
  { name: 'oob.prefix', type: 'string' },
] as const;

const piece = rowPiece(
  fields,
  [
    [1, 'one'],
    [2, ''],
    [3, 'three'],
    [4, 'four'],
  ],
  0xffff_fffe,
);

/** What a table reads from a piece. */
function read({ bytes, records }: RowPiece) {
  const head = headOf(bytes) ?? Buffer.alloc(0);
  const table = new RowTable(head, true);
  table.read(bytes, [{ bytes, records }], head.length, records);
  const [marks, prefixes] = [table.column(0), table.column(1)];
  return Array.from({ length: records }, (_, row) => ({
    mark: 'get' in marks ? marks.get(row) : undefined,
    prefix:
      'data' in prefixes
        ? Buffer.from(prefixes.data)
            .subarray(prefixes.offset(row), prefixes.offset(row) + prefixes.length(row))
            .toString()
        : undefined,
    id: Buffer.from(table.ids.subarray(16 * row, 16 * row + 16)),
  }));
}

describe('the rows behind others', () => {
  test('are a piece of their own, with the values and ids that they had', () => {
    const all = read(piece);
    expect(all.map(({ mark, prefix }) => [mark, prefix])).toEqual([
      ...[
        [1, 'one'],
        [2, ''],
        [3, 'three'],
        [4, 'four'],
      ],
    ]);
    expect(all[0]?.id).toEqual(Buffer.from(rowId(0xffff_fffe)));
    for (let rows = 0; rows <= 4; rows++) {
      const rest = rowsBehind(piece, rows);
      expect(rest.records).toBe(4 - rows);
      expect(read(rest)).toEqual(all.slice(rows));
    }
  });

  test('are not there where those before them are damaged', () => {
    const cut = { bytes: piece.bytes.subarray(0, piece.bytes.length - 20), records: 4 };
    expect(() => rowsBehind(cut, 3)).toThrow(DamagedRows);
    expect(() => rowsBehind({ bytes: Buffer.from('nothing'), records: 1 }, 1)).toThrow('head');
  });
});
