import { crc32 } from 'node:zlib';

/**
 * A frame, all numbers little-endian:
 *
 * | offset | bytes |                                                                    |
 * | ------ | ----- | ------------------------------------------------------------------ |
 * | 0      | 8     | the segment's marker: random, so that no payload can contain it    |
 * | 8      | 4     | length of the payload in bytes                                     |
 * | 12     | 4     | records in the payload                                             |
 * | 16     | 8     | records in all frames before this one, since the spool was empty   |
 * | 24     | 4     | CRC-32 of the payload                                              |
 * | 28     | 4     | CRC-32 of the 28 bytes before                                      |
 * | 32     |       | the payload                                                        |
 */
export const FRAME_HEADER = 32;
/** Bytes of the longest payload. */
export const MAX_PAYLOAD = 1 << 20;
/** Bytes of a segment's marker. */
export const MARKER = 8;

const at = { length: 8, records: 12, before: 16, payloadSum: 24, headerSum: 28 } as const;

/** A frame to be written. */
export interface NewFrame {
  /** 1 to 2^20 bytes. */
  readonly payload: Uint8Array;
  readonly records: number;
}

export interface FrameHeader {
  /** Bytes of the payload. */
  readonly length: number;
  readonly records: number;
  /** Records in all frames before this one. */
  readonly before: number;
  readonly payloadSum: number;
}

/** The header that goes before a payload. */
export function encodeHeader(
  marker: Uint8Array,
  payload: Uint8Array,
  records: number,
  before: number,
): Buffer {
  const header = Buffer.alloc(FRAME_HEADER);
  header.set(marker);
  header.writeUInt32LE(payload.length, at.length);
  header.writeUInt32LE(records, at.records);
  header.writeBigUInt64LE(BigInt(before), at.before);
  header.writeUInt32LE(crc32(payload), at.payloadSum);
  header.writeUInt32LE(crc32(header.subarray(0, at.headerSum)), at.headerSum);
  return header;
}

/** The header at the beginning of `bytes`; undefined if there is none that is whole and right. */
export function decodeHeader(bytes: Buffer, marker: Uint8Array): FrameHeader | undefined {
  if (bytes.length < FRAME_HEADER || bytes.compare(marker, 0, MARKER, 0, MARKER) !== 0) {
    return undefined;
  }
  const sum = bytes.readUInt32LE(at.headerSum);
  if (crc32(bytes.subarray(0, at.headerSum)) !== sum) return undefined;
  const length = bytes.readUInt32LE(at.length);
  if (length > MAX_PAYLOAD) return undefined;
  return {
    length,
    records: bytes.readUInt32LE(at.records),
    before: Number(bytes.readBigUInt64LE(at.before)),
    payloadSum: bytes.readUInt32LE(at.payloadSum),
  };
}

export const isIntact = (payload: Uint8Array, { payloadSum }: FrameHeader): boolean =>
  crc32(payload) === payloadSum;
