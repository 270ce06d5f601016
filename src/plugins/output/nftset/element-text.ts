import { align4 } from '../../../netlink/constants.ts';
import type { DataType } from '../../../netlink/nftables/index.ts';
import { MAX_ESCAPED, writeEscaped } from '../../../records/escape.ts';
import { SLACK, writeAddress, writeMac } from '../../../records/text.ts';

/**
 * An element as nft writes it: `192.0.2.1 . 22`, `"eth0"`, `0x0000002a`.
 *
 * @param at where its key begins in `keys`
 * @param isInterval such sets hold all numbers in network order
 */
export function elementText(
  fields: readonly DataType[],
  keys: Uint8Array,
  at: number,
  isInterval: boolean,
): string {
  const texts: string[] = [];
  let next = at;
  for (const field of fields) {
    texts.push(fieldText(field, keys, next, isInterval));
    next += align4(field.length);
  }
  return texts.join(' . ');
}

function fieldText(field: DataType, keys: Uint8Array, at: number, isInterval: boolean): string {
  const { name, length } = field;
  switch (name) {
    case 'ipv4_addr':
    case 'ipv6_addr':
      return written(64, (out) => writeAddress(out, 0, keys, at, length));
    case 'ether_addr':
      return written(length * 3, (out) => writeMac(out, 0, keys, at, length));
    case 'ifname': {
      const nul = keys.indexOf(0, at);
      const end = nul === -1 ? at + length : Math.min(nul, at + length);
      const room = length * MAX_ESCAPED;
      return `"${written(room, (out) => writeEscaped(out, 0, keys, at, end - at))}"`;
    }
    default: {
      const bytes = Buffer.from(keys.buffer, keys.byteOffset + at, length);
      const isLittleEndian = field.order === 'host' && !isInterval;
      const value = isLittleEndian ? bytes.readUIntLE(0, length) : bytes.readUIntBE(0, length);
      return name === 'mark' ? `0x${value.toString(16).padStart(8, '0')}` : String(value);
    }
  }
}

function written(room: number, write: (out: DataView) => number): string {
  const bytes = Buffer.alloc(room + SLACK);
  const end = write(new DataView(bytes.buffer, bytes.byteOffset, bytes.length));
  return bytes.toString('utf8', 0, end);
}
