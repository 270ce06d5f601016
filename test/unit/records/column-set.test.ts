import { describe, expect, it } from 'vitest';
import { BytesColumn, NumberColumn, WideColumn } from '../../../src/records/column.ts';
import { ColumnSet } from '../../../src/records/column-set.ts';
import { type KeyType, key } from '../../../src/records/key.ts';

const sport = key('tcp.sport', 'u16', '');
const sum = key('sum.bytes', 'u64', '');
const prefix = key('oob.prefix', 'string', '');
const unread = {
  number: key('tcp.seq', 'u32', ''),
  wide: key('sum.pkts', 'u64', ''),
  bytes: key('ip.saddr', 'ip', ''),
};

const someColumns = () => new ColumnSet(8, [sport, sum, prefix]);

describe('ColumnSet', () => {
  it.each<[KeyType, unknown]>([
    ['bool', NumberColumn],
    ['u8', NumberColumn],
    ['u16', NumberColumn],
    ['u32', NumberColumn],
    ['u64', WideColumn],
    ['ip', BytesColumn],
    ['mac', BytesColumn],
    ['string', BytesColumn],
    ['bytes', BytesColumn],
  ])('stores %s keys in columns of their kind, as long as a batch', (type, kind) => {
    const [entry] = new ColumnSet(8, [key('some.key', type, '')]).entries();
    expect(entry?.column).toBeInstanceOf(kind);
    expect(entry?.column.present).toHaveLength(8);
  });

  it('hands the provider and every reader of a key the same column', () => {
    const columns = someColumns();
    columns.numbers(sport).set(3, 443);
    expect(columns.readNumbers('tcp.sport')).toBe(columns.numbers(sport));
    expect(columns.readNumbers('tcp.sport').get(3)).toBe(443);
    expect(columns.readWide('sum.bytes')).toBe(columns.wide(sum));
    expect(columns.readBytes('oob.prefix')).toBe(columns.bytes(prefix));
  });

  it('lists its keys in the order of their providers', () => {
    expect(
      someColumns()
        .entries()
        .map(({ key }) => key),
    ).toEqual([sport, sum, prefix]);
  });

  it('knows which keys are read', () => {
    const columns = someColumns();
    expect(columns.isRead('tcp.sport')).toBe(true);
    expect(columns.isRead('tcp.seq')).toBe(false);
  });

  it('gives providers of unread keys a column that no reader ever sees', () => {
    const columns = someColumns();
    columns.numbers(unread.number).set(0, 1);
    columns.wide(unread.wide).set(0, 1, 1);
    columns.bytes(unread.bytes).set(0, 1, 1);
    expect(columns.readNumbers('tcp.seq').has(0)).toBe(false);
    expect(columns.readWide('sum.pkts').has(0)).toBe(false);
    expect(columns.readBytes('ip.saddr').has(0)).toBe(false);
    expect(columns.entries()).toHaveLength(3);
  });

  it('refuses a key that is not of the kind it is asked for', () => {
    const columns = someColumns();
    expect(() => columns.numbers(prefix)).toThrow(
      new TypeError('key oob.prefix is not a number: check the type it is declared with'),
    );
    expect(() => columns.wide(sport)).toThrow(/tcp\.sport is not a 64-bit number/);
    expect(() => columns.bytes(sum)).toThrow(/sum\.bytes is not bytes/);
    expect(() => columns.readNumbers('sum.bytes')).toThrow(TypeError);
    expect(() => columns.readWide('oob.prefix')).toThrow(TypeError);
    expect(() => columns.readBytes('tcp.sport')).toThrow(TypeError);
  });

  it('refuses a provider of the wrong kind even while nobody reads the key', () => {
    const columns = someColumns();
    expect(() => columns.numbers(unread.bytes)).toThrow(/ip\.saddr is not a number/);
    expect(() => columns.wide(unread.number)).toThrow(/tcp\.seq is not a 64-bit number/);
    expect(() => columns.bytes(unread.wide)).toThrow(/sum\.pkts is not bytes/);
  });

  it('forgets rows and follows the receive buffer on reset', () => {
    const columns = someColumns();
    columns.numbers(sport).set(0, 1);
    columns.wide(sum).set(1, 1, 1);
    columns.bytes(prefix).set(2, 0, 1);
    const received = Uint8Array.of(1);
    columns.reset(2, received);
    expect(columns.numbers(sport).has(0)).toBe(false);
    expect(columns.wide(sum).has(1)).toBe(false);
    expect(columns.bytes(prefix).has(2)).toBe(true);
    expect(columns.bytes(prefix).data).toBe(received);
  });
});
