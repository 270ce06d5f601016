import { ipv4Bytes, macBytes } from './address.ts';

/** IEEE 802 numbers (linux/if_ether.h). */
export const etherTypes = { ipv4: 0x0800, arp: 0x0806, vlan: 0x8100, ipv6: 0x86dd } as const;

export interface EthernetFields {
  /** Default `02:00:00:00:00:01`. */
  readonly source?: string;
  /** Default `02:00:00:00:00:02`. */
  readonly destination?: string;
  /** Default: by the version nibble of the payload, IPv4 or IPv6. */
  readonly type?: number;
}

/** An Ethernet II frame without its check sequence. */
export function ethernet(fields: EthernetFields, payload: Uint8Array): Buffer {
  const { source = '02:00:00:00:00:01', destination = '02:00:00:00:00:02' } = fields;
  const type = fields.type ?? ipEtherType(payload);
  return Buffer.concat([macBytes(destination), macBytes(source), uint16(type), payload]);
}

export interface VlanFields {
  /** VLAN identifier, 0–4095. */
  readonly id: number;
  /** Priority code point, 0–7. Default 0. */
  readonly priority?: number;
  /** As in {@link EthernetFields}. */
  readonly type?: number;
}

/** An IEEE 802.1Q tag with what it encloses: the payload of an Ethernet frame of type `vlan`. */
export function vlan({ id, priority = 0, type }: VlanFields, payload: Uint8Array): Buffer {
  return Buffer.concat([
    uint16((priority << 13) | id),
    uint16(type ?? ipEtherType(payload)),
    payload,
  ]);
}

export interface ArpFields {
  /** 1 request (default), 2 reply, or any other number. */
  readonly operation?: number;
  readonly senderMac: string;
  readonly senderIp: string;
  /** Default all zero, as in a request. */
  readonly targetMac?: string;
  readonly targetIp: string;
}

/** An ARP message for IPv4 over Ethernet (RFC 826). */
export function arp(fields: ArpFields): Buffer {
  const { operation = 1, targetMac = '00:00:00:00:00:00' } = fields;
  return Buffer.concat([
    Buffer.from([0, 1, 8, 0, 6, 4]),
    uint16(operation),
    macBytes(fields.senderMac),
    ipv4Bytes(fields.senderIp),
    macBytes(targetMac),
    ipv4Bytes(fields.targetIp),
  ]);
}

function ipEtherType(payload: Uint8Array): number {
  const version = (payload[0] ?? 0) >> 4;
  if (version === 4) return etherTypes.ipv4;
  if (version === 6) return etherTypes.ipv6;
  throw new TypeError('the payload is not an IP packet: its type has to be given');
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
