import { crc32c } from './checksum.ts';
import { type Layer, toBytes } from './layer.ts';

export interface Ports {
  readonly sourcePort: number;
  readonly destinationPort: number;
}

/** Flag bits of the 13th and 14th byte of the TCP header (RFC 9293, 3.1; NS: RFC 3540). */
const tcpFlags = {
  fin: 0x01,
  syn: 0x02,
  rst: 0x04,
  psh: 0x08,
  ack: 0x10,
  urg: 0x20,
  ece: 0x40,
  cwr: 0x80,
  ns: 0x100,
} as const;

export type TcpFlag = keyof typeof tcpFlags;

export interface TcpFields extends Ports {
  readonly flags?: readonly TcpFlag[];
  /** Default 0. */
  readonly sequence?: number;
  /** Default 0. */
  readonly acknowledgement?: number;
  /** Default 65535. */
  readonly window?: number;
  /** Default 0. */
  readonly urgentPointer?: number;
  /** Options as bytes; padded with zeros (end of options) to a multiple of 4. */
  readonly options?: Uint8Array;
}

export function tcp(fields: TcpFields, payload: string | Uint8Array = ''): Layer {
  return {
    protocol: 6,
    build: (checksum) => {
      const { flags = [], options = Buffer.alloc(0) } = fields;
      const headerLength = 20 + Math.ceil(options.length / 4) * 4;
      const header = Buffer.alloc(headerLength);
      header.writeUInt16BE(fields.sourcePort, 0);
      header.writeUInt16BE(fields.destinationPort, 2);
      header.writeUInt32BE(fields.sequence ?? 0, 4);
      header.writeUInt32BE(fields.acknowledgement ?? 0, 8);
      const bits = flags.reduce((sum, flag) => sum | tcpFlags[flag], 0);
      header.writeUInt16BE(((headerLength / 4) << 12) | bits, 12);
      header.writeUInt16BE(fields.window ?? 65535, 14);
      header.writeUInt16BE(fields.urgentPointer ?? 0, 18);
      header.set(options, 20);
      const segment = Buffer.concat([header, toBytes(payload)]);
      segment.writeUInt16BE(checksum(6, segment), 16);
      return segment;
    },
  };
}

export function udp(ports: Ports, payload: string | Uint8Array = ''): Layer {
  return {
    protocol: 17,
    build: (checksum) => {
      const data = toBytes(payload);
      const datagram = Buffer.concat([Buffer.alloc(8), data]);
      datagram.writeUInt16BE(ports.sourcePort, 0);
      datagram.writeUInt16BE(ports.destinationPort, 2);
      datagram.writeUInt16BE(datagram.length, 4);
      // 0 would mean "no checksum" (RFC 768); its other representation is sent instead.
      datagram.writeUInt16BE(checksum(17, datagram) || 0xffff, 6);
      return datagram;
    },
  };
}

export interface SctpFields extends Ports {
  /** Default 0, as in an INIT. */
  readonly verificationTag?: number;
}

/** An SCTP packet (RFC 9260) with one INIT chunk. */
export function sctp({ sourcePort, destinationPort, verificationTag = 0 }: SctpFields): Layer {
  return {
    protocol: 132,
    build: () => {
      const packet = Buffer.alloc(32);
      packet.writeUInt16BE(sourcePort, 0);
      packet.writeUInt16BE(destinationPort, 2);
      packet.writeUInt32BE(verificationTag, 4);
      // Chunk: INIT, length 20, initiate tag, receiver window, 1 stream each way, initial TSN.
      packet.set([1, 0, 0, 20, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1], 12);
      packet.writeUInt32LE(crc32c(packet), 8);
      return packet;
    },
  };
}
