import { ipv6Bytes } from './address.ts';
import { internetChecksum } from './checksum.ts';
import type { Layer, PseudoChecksum } from './layer.ts';

export interface Ipv6Fields {
  readonly source: string;
  readonly destination: string;
  /** Default 0. */
  readonly trafficClass?: number;
  /** 20 bits. Default 0. */
  readonly flowLabel?: number;
  /** Default 64. */
  readonly hopLimit?: number;
  /** Overrides the header's payload length, for packets that lie. */
  readonly payloadLength?: number;
}

/** An IPv6 packet (RFC 8200). */
export function ipv6(fields: Ipv6Fields, upper: Layer): Buffer {
  const source = ipv6Bytes(fields.source);
  const destination = ipv6Bytes(fields.destination);
  const payload = upper.build(pseudoChecksum(source, destination));
  const header = Buffer.alloc(40);
  const { trafficClass = 0, flowLabel = 0 } = fields;
  header.writeUInt32BE(((6 << 28) | (trafficClass << 20) | flowLabel) >>> 0, 0);
  header.writeUInt16BE(fields.payloadLength ?? payload.length, 4);
  header[6] = upper.protocol;
  header[7] = fields.hopLimit ?? 64;
  header.set(source, 8);
  header.set(destination, 24);
  return Buffer.concat([header, payload]);
}

/** Hop-by-hop options, all padding; `units` of 8 bytes. */
export const hopByHop = (inner: Layer, units = 1): Layer => optionsHeader(0, inner, units);

/** Destination options, all padding; `units` of 8 bytes. */
export const destinationOptions = (inner: Layer, units = 1): Layer =>
  optionsHeader(60, inner, units);

/**
 * A segment routing header (RFC 8754) that has one segment and none left, so that the
 * destination of the IP header is the final one and the checksums hold.
 */
export const routing = (segment: string, inner: Layer): Layer => ({
  protocol: 43,
  build: (checksum) =>
    Buffer.concat([
      Buffer.from([inner.protocol, 2, 4, 0, 0, 0, 0, 0]),
      ipv6Bytes(segment),
      inner.build(checksum),
    ]),
});

export interface FragmentFields {
  readonly id: number;
  /** In units of 8 bytes. Default 0. */
  readonly offset?: number;
  readonly more?: boolean;
}

/** A fragment header before `inner`, whose checksum is right only in an atomic fragment. */
export const fragment = (
  { id, offset = 0, more = false }: FragmentFields,
  inner: Layer,
): Layer => ({
  protocol: 44,
  build: (checksum) => {
    const header = Buffer.alloc(8);
    header[0] = inner.protocol;
    header.writeUInt16BE((offset << 3) | (more ? 1 : 0), 2);
    header.writeUInt32BE(id, 4);
    return Buffer.concat([header, inner.build(checksum)]);
  },
});

/**
 * An IPv6 packet in fragments that carry at most `size` bytes of `upper` each.
 * @param size a multiple of 8
 */
export function ipv6Fragments(
  fields: Ipv6Fields,
  id: number,
  upper: Layer,
  size: number,
): Buffer[] {
  const checksum = pseudoChecksum(ipv6Bytes(fields.source), ipv6Bytes(fields.destination));
  const whole = upper.build(checksum);
  const fragments: Buffer[] = [];
  for (let start = 0; start < whole.length; start += size) {
    const part: Layer = {
      protocol: upper.protocol,
      build: () => whole.subarray(start, start + size),
    };
    const position = { id, offset: start / 8, more: start + size < whole.length };
    fragments.push(ipv6(fields, fragment(position, part)));
  }
  return fragments;
}

function optionsHeader(protocol: number, inner: Layer, units: number): Layer {
  return {
    protocol,
    build: (checksum) => {
      const header = Buffer.alloc(units * 8);
      header[0] = inner.protocol;
      header[1] = units - 1;
      // PadN (type 1) fills everything after the two bytes above and its own two.
      header[2] = 1;
      header[3] = units * 8 - 4;
      return Buffer.concat([header, inner.build(checksum)]);
    },
  };
}

function pseudoChecksum(source: Buffer, destination: Buffer): PseudoChecksum {
  return (protocol, ...parts) => {
    const tail = Buffer.alloc(8);
    tail.writeUInt32BE(
      parts.reduce((sum, part) => sum + part.length, 0),
      0,
    );
    tail[7] = protocol;
    return internetChecksum(source, destination, tail, ...parts);
  };
}
