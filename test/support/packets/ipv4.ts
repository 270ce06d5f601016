import { ipv4Bytes } from './address.ts';
import { internetChecksum } from './checksum.ts';
import type { Layer, PseudoChecksum } from './layer.ts';

export interface Ipv4Fields {
  readonly source: string;
  readonly destination: string;
  /** The whole TOS byte. Default 0. */
  readonly tos?: number;
  /** Default 64. */
  readonly ttl?: number;
  /** Default 0. */
  readonly id?: number;
  readonly dontFragment?: boolean;
  readonly moreFragments?: boolean;
  /** The reserved flag, `CE` in LOG-style lines. */
  readonly reservedFlag?: boolean;
  /** In units of 8 bytes. Default 0. */
  readonly fragmentOffset?: number;
  /** Options as bytes; padded with zeros to a multiple of 4. */
  readonly options?: Uint8Array;
  /** Overrides the header's total length, for packets that lie. */
  readonly totalLength?: number;
}

/** An IPv4 packet (RFC 791). */
export function ipv4(fields: Ipv4Fields, upper: Layer): Buffer {
  const source = ipv4Bytes(fields.source);
  const destination = ipv4Bytes(fields.destination);
  const payload = upper.build(pseudoChecksum(source, destination));
  const options = fields.options ?? Buffer.alloc(0);
  const headerLength = 20 + Math.ceil(options.length / 4) * 4;
  const header = Buffer.alloc(headerLength);
  header[0] = 0x40 | (headerLength / 4);
  header[1] = fields.tos ?? 0;
  header.writeUInt16BE(fields.totalLength ?? headerLength + payload.length, 2);
  header.writeUInt16BE(fields.id ?? 0, 4);
  header.writeUInt16BE(flagsAndOffset(fields), 6);
  header[8] = fields.ttl ?? 64;
  header[9] = upper.protocol;
  header.set(source, 12);
  header.set(destination, 16);
  header.set(options, 20);
  header.writeUInt16BE(internetChecksum(header), 10);
  return Buffer.concat([header, payload]);
}

/**
 * Cuts a packet without options into fragments whose payload has at most `size` bytes.
 * @param size a multiple of 8
 */
export function ipv4Fragments(packet: Buffer, size: number): Buffer[] {
  const fragments: Buffer[] = [];
  for (let start = 20; start < packet.length; start += size) {
    const end = Math.min(start + size, packet.length);
    const header = Buffer.from(packet.subarray(0, 20));
    header.writeUInt16BE(20 + end - start, 2);
    header.writeUInt16BE((end < packet.length ? 0x2000 : 0) | ((start - 20) / 8), 6);
    header.writeUInt16BE(0, 10);
    header.writeUInt16BE(internetChecksum(header), 10);
    fragments.push(Buffer.concat([header, packet.subarray(start, end)]));
  }
  return fragments;
}

function flagsAndOffset(fields: Ipv4Fields): number {
  const reserved = fields.reservedFlag ? 0x8000 : 0;
  const dontFragment = fields.dontFragment ? 0x4000 : 0;
  const moreFragments = fields.moreFragments ? 0x2000 : 0;
  return reserved | dontFragment | moreFragments | (fields.fragmentOffset ?? 0);
}

function pseudoChecksum(source: Buffer, destination: Buffer): PseudoChecksum {
  return (protocol, ...parts) => {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const tail = Buffer.from([0, protocol, length >> 8, length & 0xff]);
    return internetChecksum(source, destination, tail, ...parts);
  };
}
