import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JsonRecord } from '../../../../../src/plugins/output/json/json-record.ts';
import type { SchemaOptions } from '../../../../../src/plugins/output/json/schema.ts';
import { ecsSteps } from '../../../../../src/plugins/output/json/schema-ecs.ts';
import { ulogdSteps } from '../../../../../src/plugins/output/json/schema-ulogd.ts';
import { Batch } from '../../../../../src/records/batch.ts';
import { ColumnSet } from '../../../../../src/records/column-set.ts';
import { key } from '../../../../../src/records/key.ts';
import { FakeLinks } from '../../fake-context.ts';
import { PacketPath } from '../../packet-path.ts';

const schemas = { ulogd: ulogdSteps, ecs: ecsSteps };
type Schema = keyof typeof schemas;
const both = Object.keys(schemas) as Schema[];

const schemaOptions: SchemaOptions = {
  keys: undefined,
  device: 'Netfilter',
  hostname: 'gate',
  timestamp: true,
  eventv1: false,
  booleanLabel: false,
  id: true,
};

/** The records of a batch, each checked for being one line of UTF-8 that has the room it asked for. */
function parsed(schema: Schema, batch: Batch): Record<string, unknown>[] {
  const format = new JsonRecord(
    schemas[schema](batch.columns, schemaOptions),
    batch.columns.capacity,
  );
  format.begin(batch);
  return Array.from({ length: batch.selected }, (_, index) => {
    const row = batch.row(index);
    const room = format.room(row);
    // Setters of a DataView throw behind its end: what is written has to fit.
    const memory = new Uint8Array(3 + room).fill(0xff);
    const end = format.write(row, new DataView(memory.buffer, 3), 0);
    const line = new TextDecoder('utf-8', { fatal: true }).decode(memory.subarray(3, 3 + end));
    expect(line.endsWith('}\n')).toBe(true);
    // Nothing that could move a cursor or turn the text around.
    expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\u2028-\u202e\u2066-\u2069]/u);
    return JSON.parse(line);
  });
}

/** Bytes of any kind, and texts that are nothing but trouble. */
const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 64 }),
  fc
    .array(
      fc.constantFrom('"', '\\', '\\x41', '\n', '\0', '\u007f', '\u0085', '\u2028', 'é', '🔥', 'x'),
    )
    .map((parts) => new Uint8Array(Buffer.from(parts.join('')))),
);

const text = key('x.text', 'string', '');

function rowWith(bytes: Uint8Array): Batch {
  const batch = new Batch(new ColumnSet(1, [text]));
  batch.begin(bytes);
  batch.count = 1;
  batch.columns.bytes(text).set(0, 0, bytes.length);
  batch.selectAll();
  return batch;
}

const shown = (bytes: Uint8Array): unknown => parsed('ulogd', rowWith(bytes))[0]?.['x.text'];

describe('a string in JSON', () => {
  test.each([
    ['plain text', 'DROP in: '],
    ['any script', 'Füße блок 掉包 🔥'],
    ['quotes and backslashes', '"C:\\dir\\"'],
    ['controls', 'a\nb\r\tc\0\x1b[2J\x7f'],
    ['what would be an escape', '\\u0041\\x41'],
  ])('gives back %s', (_what, value) => {
    expect(shown(Buffer.from(value))).toBe(value);
  });

  test.each([
    ['a stray byte', 'ff', '\\xff'],
    ['a sequence cut off', '61c3', 'a\\xc3'],
    ['an overlong form', 'c0af', '\\xc0\\xaf'],
    ['a surrogate', 'eda080', '\\xed\\xa0\\x80'],
    ['a C1 control', 'c285', '\\xc2\\x85'],
    ['a line separator', 'e280a8', '\\xe2\\x80\\xa8'],
    ['a direction override', 'e280ae', '\\xe2\\x80\\xae'],
  ])('shows %s by its bytes', (_what, hex, value) => {
    expect(shown(Buffer.from(hex, 'hex'))).toBe(value);
  });

  test('holds every byte of any text, shown as itself or as \\xNN', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const value = String(shown(bytes));
        const back = Buffer.concat(
          (value.match(/\\x[89a-f][0-9a-f]|./gsu) ?? []).map((part) =>
            part.length === 4 ? Buffer.from(part.slice(2), 'hex') : Buffer.from(part),
          ),
        );
        expect(back).toEqual(Buffer.from(bytes));
      }),
      { numRuns: 2000 },
    );
  });
});

describe.each(both)('in the schema of %s', (schema) => {
  const links = new FakeLinks();
  const path = new PacketPath('all', { links, capacity: 8 });

  test('whatever prefix, name and packet is said to be there makes one JSON object', () => {
    const packet = fc.record({
      prefix: anyBytes,
      payload: fc.uint8Array({ maxLength: 80 }),
      family: fc.constantFrom(2, 3, 5, 7, 10, 255),
      hook: fc.nat({ max: 255 }),
      protocol: fc.constantFrom(0x0800, 0x0806, 0x86dd, 0x8100, 0),
      indev: fc.constantFrom(1, 2),
      mark: fc.nat(),
      timestamp: fc.record({
        sec: fc.bigInt({ min: 0n, max: 0xffff_ffffn }),
        usec: fc.bigInt({ min: 0n, max: 0xffff_ffffn }),
      }),
    });
    fc.assert(
      fc.property(fc.array(packet, { minLength: 1, maxLength: 8 }), anyBytes, (packets, name) => {
        links.rename(1, name);
        expect(parsed(schema, path.take(...packets))).toHaveLength(packets.length);
      }),
      { numRuns: 500 },
    );
  });

  test('the widest values have room', () => {
    const keys = [
      key('a.wide', 'u64', ''),
      key('a.number', 'u32', ''),
      key('a.flag', 'bool', ''),
      key('a.address', 'ip', ''),
      key('a.mac', 'mac', ''),
      key('mac.saddr.str', 'string', ''),
      key('oob.prefix', 'string', ''),
      key('ip.protocol', 'u8', ''),
      key('ip6.payloadlen', 'u16', ''),
      key('oob.uid', 'u32', ''),
    ];
    fc.assert(
      fc.property(fc.nat({ max: 300 }), (length) => {
        const batch = new Batch(new ColumnSet(1, keys));
        batch.begin(Buffer.concat([Buffer.alloc(16, 0xff), Buffer.alloc(length, 0x1b)]));
        batch.count = 1;
        for (const { key, column } of batch.columns.entries()) {
          if (key.type === 'u64') batch.columns.wide(key).set(0, 0xffff_ffff, 0xffff_ffff);
          else if (key.type === 'ip') batch.columns.bytes(key).set(0, 0, 16);
          else if ('offsets' in column) column.set(0, 16, length);
          else if ('values' in column) column.set(0, 0xffff_ffff);
        }
        batch.columns.readNumbers('a.flag').set(0, 1);
        batch.columns.readNumbers('ip.protocol').set(0, 58);
        batch.columns.readNumbers('ip6.payloadlen').set(0, 65_535);
        batch.selectAll();
        expect(parsed(schema, batch)).toHaveLength(1);
      }),
      { numRuns: 50 },
    );
  });
});
