import { describe, expect, test } from 'vitest';
import { ElementBatch } from '../../../../../src/plugins/output/nftset/element-batch.ts';
import {
  ElementEncoder,
  ENCODED,
  OTHER_FAMILY,
  WITHOUT_KEY,
} from '../../../../../src/plugins/output/nftset/element-encoder.ts';
import { elementText } from '../../../../../src/plugins/output/nftset/element-text.ts';
import { BytesColumn, NumberColumn } from '../../../../../src/records/column.ts';
import { ColumnSet } from '../../../../../src/records/column-set.ts';
import { key } from '../../../../../src/records/key.ts';
import { fieldsOf, setOf } from './sets.ts';

const columns = new ColumnSet(4, [
  key('address', 'ip', ''),
  key('port', 'u16', ''),
  key('mark', 'u32', ''),
  key('name', 'string', ''),
  key('mac', 'mac', ''),
  key('protocol', 'u8', ''),
]);

type Value = number | Uint8Array | undefined;

/** Encodes row 2 with these values: never at the beginning of the columns or of the data. */
function encode(types: string, values: Readonly<Record<string, Value>>, isInterval = false) {
  const data = Buffer.concat([Buffer.alloc(7, 0xee), ...Object.values(values).map(bytesOf)]);
  columns.reset(4, data);
  let at = 7;
  const entries = Object.entries(values).map(([name, value]) => {
    const entry = columns.find(name);
    if (!entry) throw new Error(name);
    if (entry.column instanceof NumberColumn && typeof value === 'number') {
      entry.column.set(2, value);
    } else if (entry.column instanceof BytesColumn && value instanceof Uint8Array) {
      entry.column.set(2, at, value.length);
      at += value.length;
    }
    return entry;
  });
  const set = setOf(types, { isInterval });
  const encoder = new ElementEncoder(set, fieldsOf(types), entries);
  const encoding = encoder.encode(2);
  const hex = Buffer.from(encoder.bytes).toString('hex');
  const text = elementText(fieldsOf(types), encoder.bytes, 0, isInterval);
  return encoding === ENCODED ? { hex, text } : encoding;
}

const bytesOf = (value: Value): Uint8Array =>
  value instanceof Uint8Array ? value : new Uint8Array(0);

const ipv4 = Uint8Array.of(192, 0, 2, 1);
const ipv6 = Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);

describe('ElementEncoder and elementText', () => {
  test('pad the fields of a concatenation', () => {
    expect(encode('ipv4_addr . inet_service', { address: ipv4, port: 8080 })).toEqual({
      hex: 'c00002011f900000',
      text: '192.0.2.1 . 8080',
    });
    expect(
      encode('inet_proto . ether_addr . ipv6_addr', {
        protocol: 17,
        mac: Uint8Array.of(2, 0, 0, 0, 0, 1),
        address: ipv6,
      }),
    ).toEqual({
      hex: `11000000${'0200000000010000'}20010db8000000000000000000000001`,
      text: '17 . 02:00:00:00:00:01 . 2001:db8::1',
    });
  });

  test('write marks in host order, and in network order where there are intervals', () => {
    const mark = 0xfe00002a;
    expect(encode('mark', { mark })).toEqual({ hex: '2a0000fe', text: '0xfe00002a' });
    expect(encode('mark', { mark }, true)).toEqual({ hex: 'fe00002a', text: '0xfe00002a' });
  });

  test('pad names with NULs, of which one has to stay', () => {
    expect(encode('ifname', { name: Buffer.from('wan0') })).toEqual({
      hex: `77616e30${'00'.repeat(12)}`,
      text: '"wan0"',
    });
    expect(encode('ifname', { name: Buffer.from('fifteen-letters') })).toMatchObject({
      text: '"fifteen-letters"',
    });
    expect(encode('ifname', { name: Buffer.from('sixteen-letters!') })).toBe(WITHOUT_KEY);
    expect(encode('ifname', { name: Buffer.from('a\nb') })).toMatchObject({ text: '"a\\x0ab"' });
  });

  test('tell what a row lacks', () => {
    expect(encode('ipv4_addr', { address: undefined })).toBe(WITHOUT_KEY);
    expect(encode('ipv4_addr', { address: ipv6 })).toBe(OTHER_FAMILY);
    expect(encode('ipv6_addr', { address: ipv4 })).toBe(OTHER_FAMILY);
    expect(encode('ether_addr', { mac: new Uint8Array(14) })).toBe(WITHOUT_KEY);
    expect(encode('ipv4_addr . inet_service', { address: ipv4, port: undefined })).toBe(
      WITHOUT_KEY,
    );
  });
});

describe('ElementBatch', () => {
  test('keeps each key once, with its rows', () => {
    const batch = new ElementBatch(4, 2);
    const added = ['aa', 'bb', 'aa', 'aa'].map((text) => batch.add(Buffer.from(text)));
    expect(added).toEqual([true, true, false, false]);
    expect({ count: batch.count, total: batch.total }).toEqual({ count: 2, total: 4 });
    expect(Buffer.from(batch.keys).toString('latin1', 0, 4)).toBe('aabb');
    expect([...batch.rows.subarray(0, 2)]).toEqual([3, 1]);
  });

  test('begins at its first element again after each batch', () => {
    const batch = new ElementBatch(2, 2);
    for (const text of ['aa', 'bb', 'cc', 'dd', 'aa']) {
      expect(batch.add(Buffer.from(text))).toBe(true);
      expect(Buffer.from(batch.keys).toString('latin1', 0, 2)).toBe(text);
      expect([batch.count, batch.total, batch.rows[0]]).toEqual([1, 1, 1]);
      batch.clear();
      expect([batch.count, batch.total]).toEqual([0, 0]);
    }
  });
});
