import { BytesColumn, NumberColumn } from '../../../src/records/column.ts';
import { ColumnSet } from '../../../src/records/column-set.ts';
import { PacketDecoder, packetKeys } from '../../../src/records/protocols/packet.ts';
import { writeAddress, writeMac } from '../../../src/records/text.ts';
import { viewOf } from './view-of.ts';

/** A decoded row: numbers as numbers, addresses as text, data in hexadecimal; absent is absent. */
export type Decoded = Record<string, number | string>;

/** Where a test puts the packet: never at offset 0, never at the buffer's end. */
const MARGIN = 64;

const columns = new ColumnSet(1, packetKeys);
const decoder = new PacketDecoder(columns);

/**
 * Decodes `packet` with every key read, from the middle of a buffer whose other bytes are `filler`.
 *
 * @throws Error when an address refers to a byte outside the packet.
 */
export function decode(
  family: number,
  protocol: number,
  packet: Uint8Array,
  filler = 0xaa,
): Decoded {
  const data = new Uint8Array(packet.length + 2 * MARGIN).fill(filler);
  data.set(packet, MARGIN);
  columns.reset(1, data);
  decoder.begin(0);
  decoder.decode(0, family, protocol, data, MARGIN, MARGIN + packet.length);
  return row(packet.length);
}

/** As `decode`, from memory that throws when a byte outside the packet is read. */
export function decodeGuarded(family: number, protocol: number, packet: Uint8Array): Decoded {
  const data = new Uint8Array(packet.length + 2 * MARGIN).fill(0xaa);
  data.set(packet, MARGIN);
  const end = MARGIN + packet.length;
  const guarded = new Proxy(data, {
    get(target, property) {
      const index = typeof property === 'string' ? Number(property) : Number.NaN;
      if (Number.isInteger(index) && (index < MARGIN || index >= end)) {
        throw new Error(`read of byte ${index - MARGIN} of a packet of ${packet.length}`);
      }
      return Reflect.get(target, property, target);
    },
  });
  columns.reset(1, data);
  decoder.begin(0);
  decoder.decode(0, family, protocol, guarded, MARGIN, end);
  return row(packet.length);
}

function row(packetLength: number): Decoded {
  const decoded: Decoded = {};
  for (const { key, column } of columns.entries()) {
    if (!column.has(0)) continue;
    if (column instanceof NumberColumn) decoded[key.name] = column.get(0);
    else if (column instanceof BytesColumn) {
      const from = column.offset(0) - MARGIN;
      const to = from + column.length(0);
      if (from < 0 || to > packetLength) {
        throw new Error(`${key.name} is bytes ${from} … ${to} of a packet of ${packetLength}`);
      }
      decoded[key.name] = text(column, key.type);
    }
  }
  return decoded;
}

function text(column: BytesColumn, type: string): string {
  const [at, length] = [column.offset(0), column.length(0)];
  if (type === 'bytes') return Buffer.from(column.data.subarray(at, at + length)).toString('hex');
  const out = Buffer.alloc(1024);
  const write = type === 'mac' ? writeMac : writeAddress;
  return out.toString('latin1', 0, write(viewOf(out), 0, column.data, at, length));
}

/** The keys whose names begin with `prefix`. */
export const only = (decoded: Decoded, prefix: string): Decoded =>
  Object.fromEntries(Object.entries(decoded).filter(([name]) => name.startsWith(prefix)));
