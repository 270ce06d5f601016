import { ipv4Bytes, ipv6Bytes, macBytes } from './address.ts';
import { internetChecksum } from './checksum.ts';
import { type Layer, toBytes } from './layer.ts';

export interface EchoFields {
  /** Default: request. */
  readonly reply?: boolean;
  readonly id: number;
  readonly sequence: number;
}

/** Any ICMP message (RFC 792): `rest` are the second 4 bytes of its header. */
export const icmp = (
  type: number,
  code: number,
  rest: number,
  data: string | Uint8Array = '',
): Layer => ({
  protocol: 1,
  build: () => {
    const message = Buffer.concat([header(type, code, rest), toBytes(data)]);
    message.writeUInt16BE(internetChecksum(message), 2);
    return message;
  },
});

export const icmpEcho = (
  { reply = false, id, sequence }: EchoFields,
  data: string | Uint8Array = '',
): Layer => icmp(reply ? 0 : 8, 0, ((id << 16) | sequence) >>> 0, data);

/**
 * Destination unreachable about an IPv4 packet, of which header and 8 bytes come back.
 * @param code 0 network, 1 host, 2 protocol, 3 port, 4 fragmentation needed
 * @param mtu only with code 4 (RFC 1191)
 */
export const icmpUnreachable = (code: number, about: Buffer, mtu = 0): Layer =>
  icmp(3, code, mtu, quoted(about));

/** @param code 0 network, 1 host */
export const icmpRedirect = (code: number, gateway: string, about: Buffer): Layer =>
  icmp(5, code, ipv4Bytes(gateway).readUInt32BE(), quoted(about));

/** @param pointer offset of the octet that the receiver could not make sense of */
export const icmpParameterProblem = (pointer: number, about: Buffer): Layer =>
  icmp(12, 0, (pointer << 24) >>> 0, quoted(about));

/** Any ICMPv6 message (RFC 4443): `rest` are the second 4 bytes of its header. */
export const icmpv6 = (
  type: number,
  code: number,
  rest: number,
  data: string | Uint8Array = '',
): Layer => ({
  protocol: 58,
  build: (checksum) => {
    const message = Buffer.concat([header(type, code, rest), toBytes(data)]);
    message.writeUInt16BE(checksum(58, message), 2);
    return message;
  },
});

export const icmpv6Echo = (
  { reply = false, id, sequence }: EchoFields,
  data: string | Uint8Array = '',
): Layer => icmpv6(reply ? 129 : 128, 0, ((id << 16) | sequence) >>> 0, data);

/** @param code 1 administratively prohibited, 3 address, 4 port */
export const icmpv6Unreachable = (code: number, about: Buffer): Layer => icmpv6(1, code, 0, about);

export const icmpv6PacketTooBig = (mtu: number, about: Buffer): Layer => icmpv6(2, 0, mtu, about);

/** Neighbour solicitation with the sender's link-layer address (RFC 4861, 4.3). */
export const neighbourSolicitation = (target: string, sourceMac: string): Layer =>
  icmpv6(135, 0, 0, Buffer.concat([ipv6Bytes(target), Buffer.from([1, 1]), macBytes(sourceMac)]));

/** Solicited neighbour advertisement that overrides what is cached (RFC 4861, 4.4). */
export const neighbourAdvertisement = (target: string, targetMac: string): Layer =>
  icmpv6(
    136,
    0,
    0x60000000,
    Buffer.concat([ipv6Bytes(target), Buffer.from([2, 1]), macBytes(targetMac)]),
  );

function header(type: number, code: number, rest: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes[0] = type;
  bytes[1] = code;
  bytes.writeUInt32BE(rest, 4);
  return bytes;
}

function quoted(packet: Buffer): Buffer {
  const headerLength = ((packet[0] ?? 0) & 0x0f) * 4;
  return packet.subarray(0, headerLength + 8);
}
