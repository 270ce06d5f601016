import type { Key, KeyType } from '../records/key.ts';
import { Random } from './random.ts';
import type { Row, Value } from './rows.ts';
import { packetRow } from './sample-packets.ts';

/** The largest value of each type of number. */
export const largest = { bool: 1, u8: 0xff, u16: 0xffff, u32: 0xffff_ffff } as const;

/** Longer than any buffer that is made for usual values. */
const LONG = 65_536;

const every = Uint8Array.from({ length: 256 }, (_, byte) => byte);
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));

/** What strings and raw bytes can hold at worst. */
const extremeBytes: readonly Uint8Array[] = [
  new Uint8Array(0),
  every,
  new Uint8Array(LONG).fill(0xff),
  new Uint8Array(LONG),
  bytesOf('\n'.repeat(300)),
  bytesOf('"],}\\\'<&>;%s%n$(x)`x`\r\n\x1b[2J\x00'),
  // UTF-8 that breaks off, is overlong, encodes a surrogate.
  bytesOf('\xe2\x82'),
  bytesOf('\xc0\xaf\xed\xa0\x80\xf8\x88\x80\x80\x80'),
];
const extremeAddresses: readonly Uint8Array[] = [
  new Uint8Array(4),
  new Uint8Array(4).fill(0xff),
  new Uint8Array(16),
  new Uint8Array(16).fill(0xff),
];
const usualAddresses: readonly Uint8Array[] = [
  Uint8Array.of(10, 0, 0, 1),
  Uint8Array.of(192, 0, 2, 1),
  Uint8Array.of(198, 51, 100, 200),
  Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
];
/** Numbers that mean something somewhere: protocols, ports, families, flags. */
const usualNumbers = [0, 1, 2, 3, 6, 7, 8, 10, 17, 22, 53, 58, 80, 443, 0x800, 0x86dd];
const usualTexts = ['', 'lo', 'eth0', 'dropped: ', 'a, b="c"', 'ü€😀'].map(
  (text) => new Uint8Array(Buffer.from(text)),
);

/** Rows in which no key is present. */
export const absentRows = (count: number): readonly Row[] =>
  Array.from({ length: count }, () => new Map());

/** Rows that have every key, with the least and the most that its type can hold. */
export function extremeRows(keys: readonly Key[]): readonly Row[] {
  return extremeBytes.map(
    (_, turn) => new Map(keys.map(({ name, type }) => [name, extremeValue(type, turn)])),
  );
}

function extremeValue(type: KeyType, turn: number): Value {
  const low = turn % 2 === 0;
  switch (type) {
    case 'bool':
    case 'u8':
    case 'u16':
    case 'u32':
      return low ? 0 : largest[type];
    case 'u64':
      return low ? 0n : 0xffff_ffff_ffff_ffffn;
    case 'ip':
      return extremeAddresses[turn % extremeAddresses.length] ?? every;
    default:
      return extremeBytes[turn % extremeBytes.length] ?? every;
  }
}

/**
 * Rows as a busy network and its attackers make them: packets of many protocols, whole, cut off and
 * broken, and beside them any values of all other keys, some of them absent.
 */
export function mixedRows(keys: readonly Key[], count: number, seed = 1): readonly Row[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => {
    const packet = packetRow(random);
    const values = new Map<string, Value>();
    for (const { name, type } of keys) {
      const value = packet.get(name) ?? (random.chance(75) ? anyValue(type, random) : undefined);
      if (value !== undefined) values.set(name, value);
    }
    return values;
  });
}

/** Rows with long packets and texts, so that few of them fill a bounded memory. */
export function heavyRows(keys: readonly Key[], count: number): readonly Row[] {
  const texts = keys.filter(({ type }) => type === 'string').slice(0, HEAVY_TEXTS);
  const heavy = texts.map(({ name }): [string, Value] => [name, padding]);
  return mixedRows(keys, count).map((row) => {
    const packet = row.get('raw.pkt');
    if (!(packet instanceof Uint8Array)) return new Map([...row, ...heavy]);
    const padded = new Uint8Array(Buffer.concat([packet, padding]));
    return new Map([...row, ...heavy, ['raw.pkt', padded]]);
  });
}

const HEAVY_TEXTS = 2;
const padding = bytesOf('x'.repeat(1000));

function anyValue(type: KeyType, random: Random): Value {
  switch (type) {
    case 'bool':
      return random.below(2);
    case 'u8':
    case 'u16':
    case 'u32':
      return random.chance(60)
        ? random.pick(usualNumbers.filter((number) => number <= largest[type]))
        : random.below(largest[type] + 1);
    case 'u64':
      return (BigInt(random.below(2 ** 32)) << 32n) | BigInt(random.below(2 ** 32));
    case 'ip':
      return random.chance(80) ? random.pick(usualAddresses) : random.bytes(16);
    case 'mac':
      return random.bytes(random.pick([0, 6, 6, 6, 14, 20]));
    default:
      return random.chance(70) ? random.pick(usualTexts) : random.bytes(random.below(100));
  }
}
