import { describe, expect, test } from 'vitest';
import {
  formatDiagnostics,
  parseConfig,
  resolveConfig,
} from '../../../../src/config-grammar/index.ts';
import { PluginCatalogue } from '../../../../src/daemon/catalogue.ts';
import { mark } from '../../../../src/plugins/filter/mark.ts';
import { Batch } from '../../../../src/records/batch.ts';
import { ColumnSet } from '../../../../src/records/column-set.ts';
import { key } from '../../../../src/records/key.ts';
import { fakeContext } from '../fake-context.ts';

const connection = key('ct.mark', 'u32', '');
const packet = key('oob.mark', 'u32', '');

/** Marks of connection and packet. */
type Marks = readonly [connection: number | undefined, packet: number | undefined];

/** The rows that pass, and how many had no mark. */
function select(options: { mark: number; mask: number }, rows: readonly Marks[], keys = 2) {
  const provided = [packet, connection].slice(0, keys);
  const columns = new ColumnSet(8, provided);
  const batch = new Batch(columns);
  const filter = mark.open(fakeContext(columns, options));
  for (const [row, [ofConnection, ofPacket]] of rows.entries()) {
    if (ofConnection !== undefined) columns.numbers(connection).set(row, ofConnection);
    if (ofPacket !== undefined) columns.numbers(packet).set(row, ofPacket);
  }
  batch.count = rows.length;
  batch.selectAll();
  filter.select(batch);
  const passed = [...batch.rows.subarray(0, batch.selected)];
  return { passed, ...filter.details?.() };
}

function diagnose(...lines: readonly string[]): string {
  const config = `1 {\nplugin MARK\n${lines.join('\n')}\nplugin OPRINT\n}\n`;
  const { document, diagnostics: syntax } = parseConfig(config, 't.conf');
  const paths = { writable: () => undefined, readable: () => undefined };
  const { diagnostics } = resolveConfig(document, new PluginCatalogue(), { paths });
  return formatDiagnostics([...syntax, ...diagnostics], document.source);
}

const whole = 0xffff_ffff;

describe('MARK', () => {
  test('compares the bits that the mask leaves', () => {
    const rows: Marks[] = [0x10, 0x110, 0x11, 0, whole].map((value) => [undefined, value]);
    expect(select({ mark: 0x10, mask: whole }, rows).passed).toEqual([0]);
    expect(select({ mark: 0x10, mask: 0xff }, rows).passed).toEqual([0, 1]);
    expect(select({ mark: 0, mask: 0x10 }, rows).passed).toEqual([3]);
    expect(select({ mark: whole, mask: whole }, rows).passed).toEqual([4]);
    expect(select({ mark: 0x8000_0000, mask: 0x8000_0000 }, rows).passed).toEqual([4]);
    expect(select({ mark: whole, mask: -1 }, rows).passed).toEqual([4]);
  });

  test("looks at the connection's mark first, row by row", () => {
    const rows: Marks[] = [
      [1, 2],
      [2, 1],
      [undefined, 1],
      [1, undefined],
    ];
    expect(select({ mark: 1, mask: whole }, rows).passed).toEqual([0, 2, 3]);
    expect(select({ mark: 1, mask: whole }, rows, 1).passed).toEqual([1, 2]);
  });

  test('holds back and counts what has neither', () => {
    const rows: Marks[] = [
      [undefined, undefined],
      [0, undefined],
    ];
    expect(select({ mark: 0, mask: whole }, rows)).toEqual({ passed: [1], unmarked: 1 });
    expect(select({ mark: 0, mask: whole }, rows, 0)).toEqual({ passed: [], unmarked: 2 });
  });

  test("takes ulogd2's options", () => {
    expect(diagnose('mark 16', 'mask -1')).toBe('');
    expect(diagnose('mark 0xffffffff', 'mask 0xffffffff')).toBe('');
    expect(diagnose('mark -1')).toContain('t.conf:3:6: error: option "mark" takes a value from 0');
    expect(diagnose('mask 0x100000000')).toContain('t.conf:3:6: error: option "mask" takes');
  });

  test('refuses a pair that nothing could fulfil', () => {
    expect(diagnose('mark 0x110', 'mask 0xff')).toBe(
      `t.conf:3:6: error: mark has bits set that mask takes away: no packet could pass
mark 0x110
     ^~~~~
`,
    );
  });
});
