import type { Precision } from '../capture-format.ts';

const TWO_32 = 0x1_0000_0000;
const TWO_16 = 0x1_0000;

/**
 * A pcapng time stamp: 64 bits in units of a micro- or nanosecond since 1970, the upper half first.
 * A double holds no more than 53 bits, so nanoseconds are multiplied in two parts.
 */
export function writeTimestamp(
  out: DataView,
  at: number,
  seconds: number,
  microseconds: number,
  precision: Precision,
): void {
  const factor = precision === 'nano' ? 1e9 : 1e6;
  const fraction = precision === 'nano' ? microseconds * 1000 : microseconds;
  const upper = (seconds >>> 16) * factor;
  const upperHigh = Math.floor(upper / TWO_16);
  const lower = (upper - upperHigh * TWO_16) * TWO_16 + (seconds & 0xffff) * factor + fraction;
  const carry = Math.floor(lower / TWO_32);
  out.setUint32(at, upperHigh + carry, true);
  out.setUint32(at + 4, lower - carry * TWO_32, true);
}
