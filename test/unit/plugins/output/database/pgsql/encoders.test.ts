import { expect, test } from 'vitest';
import {
  BytesCells,
  type Cells,
  IntegerCells,
} from '../../../../../../src/plugins/output/database/cells.ts';
import { ArrayEncoder } from '../../../../../../src/plugins/output/database/pgsql/array-encoder.ts';
import { CallEncoder } from '../../../../../../src/plugins/output/database/pgsql/call-encoder.ts';
import type { PgColumn } from '../../../../../../src/plugins/output/database/pgsql/catalogue.ts';
import {
  columnType,
  oid,
} from '../../../../../../src/plugins/output/database/pgsql/column-type.ts';
import { MessageBuffer } from '../../../../../../src/plugins/output/database/pgsql/message-buffer.ts';
import type { RowEncoder } from '../../../../../../src/plugins/output/database/pgsql/row-encoder.ts';
import {
  callSql,
  insertSql,
  selectSql,
} from '../../../../../../src/plugins/output/database/pgsql/statements.ts';
import { wireType } from '../../../../../../src/plugins/output/database/pgsql/wire-type.ts';

const column = (name: string, typeOid: number, sqlType = name): PgColumn => ({
  ...{ name, typeOid, sqlType, hasDefault: false, mayInsert: true },
  type: columnType(typeOid, -1, 'UTF8'),
});
const filledFor = (cells: readonly Cells[], columns: readonly PgColumn[]) =>
  columns.map((each, i) => ({ column: each, wire: wireType(cells[i]?.wire ?? 'text', each) }));

/** `n` is NULL in every third row; `s` is the row's number, in decimal. */
function sample(rows: number): { cells: Cells[]; columns: PgColumn[] } {
  const columns = [column('n', oid.int8), column('s', oid.text)];
  const [n, s] = columns;
  if (!n || !s) throw new Error('two columns expected');
  const numbers = new IntegerCells(n, 'integer');
  const texts = new BytesCells(s, 'text');
  numbers.resize(rows);
  texts.resize(rows);
  const parts = Array.from({ length: rows }, (_, row) => String(row));
  texts.data = Buffer.from(parts.join(''));
  let at = 0;
  for (const [row, part] of parts.entries()) {
    numbers.present[row] = row % 3 === 0 ? 0 : 1;
    numbers.high[row] = 0x7fff_ffff;
    numbers.low[row] = 2 ** 32 - 1 - row;
    texts.present[row] = 1;
    texts.offsets[row] = at;
    texts.lengths[row] = part.length;
    at += part.length;
  }
  return { cells: [numbers, texts], columns };
}

/** What the server reads from a message. */
class Reader {
  at = 0;
  readonly #bytes: Buffer;
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }
  get atEnd(): boolean {
    return this.at === this.#bytes.length;
  }
  take(length: number): Buffer {
    const taken = this.#bytes.subarray(this.at, this.at + length);
    if (taken.length < length) throw new Error('message too short');
    this.at += length;
    return taken;
  }
  int16 = (): number => this.take(2).readInt16BE();
  int32 = (): number => this.take(4).readInt32BE();
  cString(): string {
    return this.take(this.#bytes.indexOf(0, this.at) + 1 - this.at)
      .toString()
      .slice(0, -1);
  }
  value(): Buffer | null {
    const length = this.int32();
    return length === -1 ? null : this.take(length);
  }
  message(): { type: string; body: Reader } {
    const type = this.take(1).toString();
    return { type, body: new Reader(this.take(this.int32() - 4)) };
  }
}

/** The parameters of each Bind, each followed by an Execute. */
function bindings(bytes: Buffer): (Buffer | null)[][] {
  const reader = new Reader(bytes);
  const found: (Buffer | null)[][] = [];
  while (!reader.atEnd) {
    const { type, body } = reader.message();
    expect([type, body.cString(), body.cString()]).toEqual(['B', '', 'x']);
    expect([body.int16(), body.int16()]).toEqual([1, 1]);
    found.push(Array.from({ length: body.int16() }, () => body.value()));
    expect([body.int16(), body.atEnd]).toEqual([0, true]);
    const execute = reader.message();
    expect([execute.type, execute.body.cString(), execute.body.int32()]).toEqual(['E', '', 0]);
  }
  return found;
}

function elements(array: Buffer | null | undefined, elementOid: number): (Buffer | null)[] {
  const reader = new Reader(array ?? Buffer.alloc(0));
  expect([reader.int32(), reader.int32(), reader.int32()]).toEqual([1, 1, elementOid]);
  const length = reader.int32();
  expect(reader.int32()).toBe(1);
  const values = Array.from({ length }, () => reader.value());
  expect(reader.atEnd).toBe(true);
  return values;
}

/** All chunks, in a buffer that something stands in already. */
function encodeAll(
  encoder: RowEncoder,
  cells: readonly Cells[],
  from: number,
  to: number,
): Buffer[] {
  const chunks: Buffer[] = [];
  for (let row = from; row < to; ) {
    const out = new MessageBuffer();
    out.append(Buffer.from('before'));
    row = encoder.encode(cells, row, to, out);
    chunks.push(out.bytes.subarray(6, out.length));
  }
  return chunks;
}

const wanted = (row: number): [Buffer | null, Buffer] => {
  const number = Buffer.alloc(8);
  number.writeBigInt64BE(2n ** 63n - 1n - BigInt(row));
  return [row % 3 === 0 ? null : number, Buffer.from(String(row))];
};

test('arrays, chunk by chunk', () => {
  const { cells, columns } = sample(2600);
  const encoder = new ArrayEncoder('x', filledFor(cells, columns));
  const chunks = encodeAll(encoder, cells, 5, 2505).map(bindings);
  expect(chunks.map(([bind]) => elements(bind?.[0], oid.int8).length)).toEqual([1000, 1000, 500]);
  const rows = chunks.flatMap(([bind]) => {
    const texts = elements(bind?.[1], oid.text);
    return elements(bind?.[0], oid.int8).map((number, i) => [number, texts[i]]);
  });
  expect(rows).toEqual(Array.from({ length: 2500 }, (_, i) => wanted(5 + i)));
});

test('calls, chunk by chunk', () => {
  const { cells, columns } = sample(2600);
  const encoder = new CallEncoder('x', filledFor(cells, columns));
  const rows = encodeAll(encoder, cells, 5, 2505).flatMap(bindings);
  expect(rows).toEqual(Array.from({ length: 2500 }, (_, i) => wanted(5 + i)));
});

test('a chunk ends before it is too big, and takes one row in any case', () => {
  const column1 = column('b', oid.bytea);
  const cells = new BytesCells(column1, 'binary');
  cells.resize(40);
  cells.present.fill(1);
  cells.data = new Uint8Array(2 << 20);
  cells.lengths.fill(60_000);
  cells.lengths[0] = 2 << 20;
  const encoder = new ArrayEncoder('x', filledFor([cells], [column1]));
  const sizes = encodeAll(encoder, [cells], 0, 40).map(
    (chunk) => elements(bindings(chunk)[0]?.[0], oid.bytea).length,
  );
  expect(sizes).toEqual([1, 17, 17, 5]);
});

test('statements', () => {
  const columns = [column('n', oid.int4, 'integer'), column('a"b', oid.inet, 'inet')];
  const [n, a] = columns;
  if (!n || !a) throw new Error('two columns expected');
  const filled = filledFor([new IntegerCells(n, 'integer'), new BytesCells(a, 'text')], columns);
  const insert =
    'INSERT INTO "t" ("n", "a""b") SELECT unnest($1::int4[]), unnest($2::text[])::inet';
  expect(insertSql('"t"', filled, undefined)).toBe(insert);
  expect(insertSql('"t"', filled, ['a"b', 'n'])).toBe(
    `${insert} ON CONFLICT ("a""b", "n") DO NOTHING`,
  );
  expect(selectSql('"f"', filled)).toBe(
    'SELECT count(*) FROM (SELECT "f"(c0::integer, c1::inet) FROM (SELECT unnest($1::int4[]) AS c0, unnest($2::text[]) AS c1 OFFSET 0) AS rows OFFSET 0) AS calls',
  );
  expect(callSql('"p"', filled)).toBe('CALL "p"($1::int4::integer, $2::text::inet)');
});

test('cells of another kind than the column is filled with', () => {
  const n = column('n', oid.int4);
  const right = new IntegerCells(n, 'integer');
  const wrong = new BytesCells(n, 'text');
  wrong.resize(1);
  wrong.present.fill(1);
  const encoder = new ArrayEncoder('x', filledFor([right], [n]));
  expect(() => encoder.encode([wrong], 0, 1, new MessageBuffer())).toThrow(
    'column n: text is not a number',
  );
});
