import { compile } from '../../../../../src/plugins/filter/match/compile.ts';
import type { Condition } from '../../../../../src/plugins/filter/match/conditions/condition.ts';
import { parseExpression } from '../../../../../src/plugins/filter/match/parse-expression.ts';
import { BytesColumn, NumberColumn } from '../../../../../src/records/column.ts';
import { ColumnSet } from '../../../../../src/records/column-set.ts';
import { key } from '../../../../../src/records/key.ts';
import { prefix } from '../threshold/prefix.ts';

const keys = [
  key('ip.protocol', 'u8', ''),
  key('ip.saddr', 'ip', ''),
  key('tcp.dport', 'u16', ''),
  key('tcp.syn', 'bool', ''),
  key('tcp.ack', 'bool', ''),
  key('oob.mark', 'u32', ''),
  key('oob.prefix', 'string', ''),
  key('oob.hook', 'u8', ''),
  key('raw.mac.saddr', 'mac', ''),
  key('ct.bytes', 'u64', ''),
];

/** Values by key: numbers, addresses and texts as such, other bytes as bytes. */
export type Row = Readonly<Partial<Record<string, Value>>>;

type Value = bigint | number | string | Uint8Array;

/** The indexes of the rows that an expression, as the config has it, lets pass. */
export const passing = (rest: string, rows: readonly Row[]): number[] =>
  new Filter(rest, rows.length).pass(rows);

/** An expression over the columns of a block; batches come one after another. */
export class Filter {
  readonly #columns: ColumnSet;
  readonly #condition: Condition;
  readonly #received = Buffer.alloc(64 * 1024, 'x');

  /** @param capacity most rows of a batch */
  constructor(rest: string, capacity: number) {
    const { expression, problems } = parseExpression(rest);
    if (!expression) throw new Error(problems[0]?.message);
    this.#columns = new ColumnSet(Math.max(capacity, 1), keys);
    this.#condition = compile(expression, this.#columns);
  }

  /** The indexes of the rows that pass, among those that `isSelected` says earlier filters did. */
  pass(rows: readonly Row[], isSelected = (_index: number): boolean => true): number[] {
    this.#columns.reset(this.#columns.capacity, this.#received);
    let end = 1;
    for (const [index, row] of rows.entries()) end = this.#fill(index, row, end);
    const selected = rows.flatMap((_, index) => (isSelected(index) ? [index] : []));
    const list = new Uint32Array(this.#columns.capacity);
    list.set(selected);
    const count = this.#condition.keep(list, selected.length);
    return [...list.subarray(0, count)];
  }

  /** Bytes go into the receive buffer from `end` on; returns where they end. */
  #fill(index: number, row: Row, start: number): number {
    let end = start;
    for (const [name, value] of Object.entries(row)) {
      if (value === undefined) continue;
      const entry = this.#columns.find(name);
      if (!entry) throw new Error(`no key ${name}`);
      if (entry.column instanceof BytesColumn) {
        const bytes = bytesOf(entry.key.type, value);
        this.#received.set(bytes, end);
        entry.column.set(index, end, bytes.length);
        end += bytes.length;
      } else if (entry.column instanceof NumberColumn) {
        entry.column.set(index, Number(value));
      } else {
        const number = BigInt.asUintN(64, BigInt(value.toString()));
        entry.column.set(index, Number(number >> 32n), Number(number & 0xffff_ffffn));
      }
    }
    return end;
  }
}

function bytesOf(type: string, value: Value): Uint8Array {
  if (value instanceof Uint8Array) return value;
  return type === 'ip' ? prefix(String(value)).bytes : Buffer.from(String(value), 'latin1');
}
