import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chosenKeys, KeyFields } from '../../../../src/plugins/output/key-fields.ts';
import { Batch } from '../../../../src/records/batch.ts';
import { ColumnSet } from '../../../../src/records/column-set.ts';
import { EscapeStyle } from '../../../../src/records/escape.ts';
import { type Key, key } from '../../../../src/records/key.ts';
import { viewOf } from '../../records/view-of.ts';

const numberKey = (name: string): Key => key(name, 'u32', '');
const START = 5;
const UNTOUCHED = 0xee;

/** Batches with number keys of these names, for each row the values that it has. */
class Numbers {
  readonly #columns: ColumnSet;
  readonly #keys: readonly Key[];
  readonly batch: Batch;
  readonly fields: KeyFields;

  constructor(names: readonly string[], separator: string, rows: number) {
    this.#keys = names.map(numberKey);
    this.#columns = new ColumnSet(rows, this.#keys);
    this.batch = new Batch(this.#columns);
    this.fields = new KeyFields(this.#columns.entries(), separator);
  }

  take(rows: readonly (readonly (number | undefined)[])[]): void {
    this.batch.begin(new Uint8Array());
    this.batch.count = rows.length;
    for (const [row, values] of rows.entries()) {
      for (const [i, value] of values.entries()) {
        const declared = this.#keys[i];
        if (declared && value !== undefined) this.#columns.numbers(declared).set(row, value);
      }
    }
    this.batch.selectAll();
  }

  text(row: number): string {
    const room = this.fields.room(row);
    const out = Buffer.alloc(START + room + START, UNTOUCHED);
    const end = this.fields.write(row, viewOf(out), START);
    expect([...out.subarray(0, START), ...out.subarray(START + room)]).toEqual(
      Array(2 * START).fill(UNTOUCHED),
    );
    return out.toString('latin1', START, end);
  }
}

interface Cell {
  readonly number: number;
  readonly place: readonly number[];
}

function fill(columns: ColumnSet, declared: Key, row: number, { number, place }: Cell): void {
  const [offset = 0, length = 0] = place;
  switch (declared.type) {
    case 'u32':
      columns.numbers(declared).set(row, number);
      break;
    case 'bool':
      columns.numbers(declared).set(row, number & 1);
      break;
    case 'u64':
      columns.wide(declared).set(row, number & 1, number);
      break;
    default:
      columns.bytes(declared).set(row, offset, declared.type === 'ip' ? 4 : length);
  }
}

describe('KeyFields', () => {
  test('writes what a row has, with the separator between, in every batch anew', () => {
    // One to seventeen bytes with `=` and separator; longer than sixteen.
    const names = fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9._]{0,30}$/), {
      minLength: 1,
      maxLength: 8,
    });
    const value = fc.option(fc.nat(0xffff_ffff), { nil: undefined });
    const rows = fc.array(fc.array(value, { maxLength: 8 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(
        names,
        fc.constantFrom(',', '\n'),
        fc.array(rows, { minLength: 1, maxLength: 3 }),
        (keys, separator, batches) => {
          const numbers = new Numbers(keys, separator, 4);
          for (const batch of batches) {
            numbers.take(batch);
            numbers.fields.begin(numbers.batch);
            for (const [row, values] of batch.entries()) {
              const fields = keys.flatMap((name, i) =>
                values[i] === undefined ? [] : `${name}=${values[i]}`,
              );
              expect(numbers.text(row)).toBe(fields.join(separator));
            }
          }
        },
      ),
    );
  });

  test('looks at the selected rows only', () => {
    const numbers = new Numbers(['a', 'b'], ',', 3);
    numbers.take([[1], [undefined, 2], [3, 4]]);
    numbers.batch.rows.set([2]);
    numbers.batch.selected = 1;
    numbers.fields.begin(numbers.batch);
    expect(numbers.text(2)).toBe('a=3,b=4');
  });

  test('writes of a row among others what it writes of the row alone, whatever they have in common', () => {
    const keys = [
      key('u32', 'u32', ''),
      key('text', 'string', ''),
      key('flag', 'bool', ''),
      key('address', 'ip', ''),
      key('wide', 'u64', ''),
      key('a.key.with.a.name.of.more.than.32', 'bytes', ''),
      key('mac', 'mac', ''),
    ];
    // Twice the same bytes at different places, the same place with different lengths.
    const data = Buffer.from('10.0.0.1,10.0.0.1\n\xff\x00\x7f', 'latin1');
    const place = fc.constantFrom([0, 8], [9, 8], [0, 4], [1, 4], [9, 4], [17, 4]);
    const cell = fc.option(fc.record({ number: fc.constantFrom(0, 7, 4_000_000_000), place }));
    const row = fc.tuple(...keys.map(() => cell));
    const property = fc.property(
      fc.array(row, { minLength: 2, maxLength: 3 }),
      fc.array(fc.nat(2), { minLength: 1, maxLength: 12 }),
      fc.subarray(keys, { minLength: 1 }),
      (models, order, chosen) => {
        const columns = new ColumnSet(order.length, chosen);
        const batch = new Batch(columns);
        batch.begin(data);
        batch.count = order.length;
        for (const [at, model] of order.entries()) {
          for (const [i, declared] of keys.entries()) {
            const value = models[model % models.length]?.[i];
            if (value && chosen.includes(declared)) fill(columns, declared, at, value);
          }
        }
        const fields = new KeyFields(columns.entries(), ',');
        const out = Buffer.alloc(4096, UNTOUCHED);
        const view = viewOf(out);
        const write = (row: number): string => {
          const end = START + fields.room(row);
          out.fill(UNTOUCHED);
          const text = out.toString('latin1', START, fields.write(row, view, START));
          expect(out.indexOf(UNTOUCHED, end)).toBe(end);
          return text;
        };
        const alone = order.map((_, row) => {
          batch.rows[0] = row;
          batch.selected = 1;
          fields.begin(batch);
          return write(row);
        });
        batch.selectAll();
        fields.begin(batch);
        expect(order.map((_, row) => write(row))).toEqual(alone);
      },
    );
    fc.assert(property, { numRuns: 500 });
  });

  test('writes values as ValueText does, in the style given', () => {
    const keys = {
      text: key('a.text', 'string', ''),
      address: key('an.address', 'ip', ''),
      wide: key('a.wide', 'u64', ''),
      ünïcode: key('ünïcode', 'string', ''),
    };
    const columns = new ColumnSet(1, Object.values(keys));
    const batch = new Batch(columns);
    const text = Buffer.from('x,y\n');
    batch.begin(Buffer.concat([text, Buffer.from([192, 0, 2, 1])]));
    batch.count = 1;
    columns.bytes(keys.text).set(0, 0, text.length);
    columns.bytes(keys.address).set(0, text.length, 4);
    columns.wide(keys.wide).set(0, 1, 0);
    columns.bytes(keys.ünïcode).set(0, 0, 1);
    batch.selectAll();
    const fields = new KeyFields(columns.entries(), ',', new EscapeStyle({ ',': undefined }));
    fields.begin(batch);
    const out = Buffer.alloc(fields.room(0));
    const end = fields.write(0, viewOf(out), 0);
    expect(out.toString('utf8', 0, end)).toBe(
      'a.text=x\\x2cy\\x0a,an.address=192.0.2.1,a.wide=4294967296,ünïcode=x',
    );
  });
});

describe('chosenKeys', () => {
  const part = { ...numberKey('c'), onlyByName: true };
  const columns = new ColumnSet(1, [numberKey('a'), numberKey('b'), part]);
  const chosen = (names?: readonly string[]) =>
    chosenKeys(columns, names).map(({ key: { name } }) => name);

  test('are all but those that are part of another one', () => {
    expect(chosen()).toEqual(['a', 'b']);
  });

  test('are those named, in their order', () => {
    expect(chosen(['c', 'a'])).toEqual(['c', 'a']);
  });

  test('are not those that nobody fills', () => {
    expect(chosen(['z', 'b'])).toEqual(['b']);
  });
});
