import type { Cells } from '../cells.ts';
import {
  addBytesSizes,
  bytesOf,
  LENGTH_SIZE,
  type ValueWriter,
  writeNull,
} from './value-writer.ts';

/** Bytes from which on copying as a block is worth a view of them. */
const BLOCK = 48;

/** Values that go over as they are: `text`, `bytea`, `macaddr`, `uuid`. */
export const rawWriter: ValueWriter = {
  addSizes: (cells, from, to, sizes) => addBytesSizes(cells, from, to, sizes, 0, 1),
  write(cells, from, to, out, places) {
    const { present, offsets, lengths, data } = bytesOf(cells);
    for (let row = from; row < to; row++) {
      const at = places[row - from] as number;
      if (present[row] === 0) {
        places[row - from] = writeNull(out, at);
        continue;
      }
      const length = lengths[row] as number;
      out.setInt32(at, length);
      copy(data, offsets[row] as number, length, out, at + LENGTH_SIZE);
      places[row - from] = at + LENGTH_SIZE + length;
    }
  },
};

/** PostgreSQL's numbers for address families (utils/inet.h): its own, not the system's. */
const PGSQL_AF_INET = 2;
const PGSQL_AF_INET6 = 3;
/** Family, bits of the netmask, whether it is a network, bytes of the address. */
const INET_HEAD = 4;
const IPV4_LENGTH = 4;

/** `inet` and `cidr` (network_send in network.c). */
export const inetWriter: ValueWriter = {
  addSizes: (cells, from, to, sizes) => addBytesSizes(cells, from, to, sizes, INET_HEAD, 1),
  write(cells, from, to, out, places) {
    const { present, offsets, lengths, data } = bytesOf(cells);
    for (let row = from; row < to; row++) {
      const at = places[row - from] as number;
      if (present[row] === 0) {
        places[row - from] = writeNull(out, at);
        continue;
      }
      const length = lengths[row] as number;
      const start = at + LENGTH_SIZE;
      out.setInt32(at, INET_HEAD + length);
      out.setUint8(start, length === IPV4_LENGTH ? PGSQL_AF_INET : PGSQL_AF_INET6);
      out.setUint8(start + 1, 8 * length);
      out.setUint8(start + 2, 0);
      out.setUint8(start + 3, length);
      copy(data, offsets[row] as number, length, out, start + INET_HEAD);
      places[row - from] = start + INET_HEAD + length;
    }
  },
};

const hexDigit = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));

/** Bytes as a `text` of hexadecimal digits: ids in columns for text. */
export const hexWriter: ValueWriter = {
  addSizes: (cells, from, to, sizes) => addBytesSizes(cells, from, to, sizes, 0, 2),
  write(cells: Cells, from, to, out, places) {
    const { present, offsets, lengths, data } = bytesOf(cells);
    for (let row = from; row < to; row++) {
      let at = places[row - from] as number;
      if (present[row] === 0) {
        places[row - from] = writeNull(out, at);
        continue;
      }
      const length = lengths[row] as number;
      const offset = offsets[row] as number;
      out.setInt32(at, 2 * length);
      at += LENGTH_SIZE;
      for (let i = 0; i < length; i++) {
        const byte = data[offset + i] as number;
        out.setUint8(at++, hexDigit[byte >>> 4] as number);
        out.setUint8(at++, hexDigit[byte & 15] as number);
      }
      places[row - from] = at;
    }
  },
};

function copy(data: Uint8Array, offset: number, length: number, out: DataView, at: number): void {
  if (length < BLOCK) {
    for (let i = 0; i < length; i++) out.setUint8(at + i, data[offset + i] as number);
    return;
  }
  new Uint8Array(out.buffer, out.byteOffset + at, length).set(
    data.subarray(offset, offset + length),
  );
}
