import { ipv4Bytes } from './address.ts';
import { internetChecksum } from './checksum.ts';
import type { Layer } from './layer.ts';
import { etherTypes } from './link.ts';

export interface SecurityFields {
  /** Security parameters index. */
  readonly spi: number;
  /** Default 1. */
  readonly sequence?: number;
}

/** Encapsulating security payload (RFC 4303); the bytes after its header stand for ciphertext. */
export const esp = ({ spi, sequence = 1 }: SecurityFields): Layer => ({
  protocol: 50,
  build: () => {
    const packet = Buffer.alloc(40, 0xc5);
    packet.writeUInt32BE(spi, 0);
    packet.writeUInt32BE(sequence, 4);
    return packet;
  },
});

/** Authentication header (RFC 4302) with a 96-bit check value, before `inner`. */
export const ah = ({ spi, sequence = 1 }: SecurityFields, inner: Layer): Layer => ({
  protocol: 51,
  build: (checksum) => {
    const header = Buffer.alloc(24, 0xa5);
    header[0] = inner.protocol;
    // Its length in 32-bit words, minus 2.
    header[1] = header.length / 4 - 2;
    header.writeUInt16BE(0, 2);
    header.writeUInt32BE(spi, 4);
    header.writeUInt32BE(sequence, 8);
    return Buffer.concat([header, inner.build(checksum)]);
  },
});

/** GRE without options (RFC 2784) around an IPv4 packet. */
export const gre = (packet: Buffer): Layer => ({
  protocol: 47,
  build: () => {
    const header = Buffer.alloc(4);
    header.writeUInt16BE(etherTypes.ipv4, 2);
    return Buffer.concat([header, packet]);
  },
});

/** IGMPv2 membership report (RFC 2236). */
export const igmpReport = (group: string): Layer => ({
  protocol: 2,
  build: () => {
    const message = Buffer.concat([Buffer.from([0x16, 0, 0, 0]), ipv4Bytes(group)]);
    message.writeUInt16BE(internetChecksum(message), 2);
    return message;
  },
});
