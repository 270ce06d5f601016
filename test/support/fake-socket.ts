import { NLMSG_DONE } from '../../src/netlink/constants.ts';
import type { DatagramSource } from '../../src/netlink/datagram-source.ts';
import { MessageBuilder } from '../../src/netlink/message.ts';
import {
  NFULA_IFINDEX_INDEV,
  NFULA_IFINDEX_OUTDEV,
  NFULA_MARK,
  NFULA_PACKET_HDR,
  NFULA_PAYLOAD,
  NFULA_PREFIX,
  NFULA_SEQ,
  NFULA_SEQ_GLOBAL,
  NFULA_TIMESTAMP,
  NFULA_UID,
  NFULNL_MSG_PACKET,
  NFULNL_MSG_PACKET_HDR,
  NFULNL_MSG_PACKET_TIMESTAMP,
} from '../../src/netlink/nflog-protocol.ts';
import type { ReceiveRing } from '../../src/netlink/receive-ring.ts';
import { newCounters } from '../../src/netlink/socket-counters.ts';

/** One event of a script. A datagram is any bytes; `portid` 0 (the default) is the kernel. */
export type FakeEvent =
  | { readonly datagram: Uint8Array; readonly portid?: number }
  /** The kernel reports lost datagrams. */
  | 'ENOBUFS'
  /** Nothing more is there for this call of `receive`. */
  | 'EAGAIN';

/**
 * Stands in for a netlink socket: plays a script of datagrams, byte for byte, through the same ring
 * and the same bookkeeping as the real one. After the script: nothing more, for ever.
 *
 * `fd` belongs to no descriptor: call the drain by hand instead of adding it to a ReceiveLoop.
 */
export class FakeSocket implements DatagramSource {
  readonly fd = -1;
  readonly counters = newCounters();
  readonly #script: FakeEvent[];

  constructor(script: Iterable<FakeEvent | Uint8Array> = []) {
    this.#script = [...script].map(asEvent);
  }

  /** Adds to the end of the script. */
  push(...events: (FakeEvent | Uint8Array)[]): void {
    this.#script.push(...events.map(asEvent));
  }

  /** Events not played yet. */
  get pending(): number {
    return this.#script.length;
  }

  putBack(datagrams: readonly Uint8Array[]): void {
    this.#script.unshift(...datagrams.map(asEvent));
    this.counters.datagrams -= datagrams.length;
  }

  receive(ring: ReceiveRing, limit: number = ring.slots): number {
    let count = 0;
    while (count < limit) {
      const event = this.#script.shift();
      if (event === undefined || event === 'EAGAIN') break;
      if (event === 'ENOBUFS') {
        this.counters.overruns++;
        continue;
      }
      ring.put(count, event.datagram, event.portid);
      count++;
    }
    ring.complete(count, this.counters);
    return count;
  }
}

const asEvent = (event: FakeEvent | Uint8Array): FakeEvent =>
  event instanceof Uint8Array ? { datagram: event } : event;

/** A packet as nfnetlink_log tells it; what is left out is left out of the message. */
export interface FakePacket {
  /** NFLOG group, 0–65535. Default 0. */
  group?: number;
  /** NFPROTO_*. Default 2 (IPv4). */
  family?: number;
  /** Netfilter hook. Default 1 (input). */
  hook?: number;
  /** EtherType. Default 0x0800. */
  protocol?: number;
  /** Text, or bytes with no NUL added. */
  prefix?: string | Uint8Array;
  mark?: number;
  indev?: number;
  outdev?: number;
  uid?: number;
  /** Seconds and microseconds since 1970. */
  timestamp?: { sec: bigint; usec: bigint };
  seq?: number;
  seqGlobal?: number;
  payload?: Uint8Array;
  /** Further attributes as they are, before the payload: unknown types, odd lengths. */
  attributes?: readonly { type: number; value: Uint8Array }[];
  /** Leaves out NFULA_PACKET_HDR, as no kernel does. */
  headless?: boolean;
}

/** The message (`struct nlmsghdr` and all) in which the kernel tells of a packet. */
export function nflogMessage(packet: FakePacket = {}): Buffer {
  const message = new MessageBuilder(NFULNL_MSG_PACKET, 0);
  message.nfgenmsg(packet.family ?? 2, packet.group ?? 0);
  if (!packet.headless) message.bytes(NFULA_PACKET_HDR, packetHeader(packet));
  if (typeof packet.prefix === 'string') message.text(NFULA_PREFIX, packet.prefix);
  else if (packet.prefix) message.bytes(NFULA_PREFIX, packet.prefix);
  putNumber(message, NFULA_IFINDEX_INDEV, packet.indev);
  putNumber(message, NFULA_IFINDEX_OUTDEV, packet.outdev);
  putNumber(message, NFULA_MARK, packet.mark);
  if (packet.timestamp) message.bytes(NFULA_TIMESTAMP, timestamp(packet.timestamp));
  putNumber(message, NFULA_UID, packet.uid);
  putNumber(message, NFULA_SEQ, packet.seq);
  putNumber(message, NFULA_SEQ_GLOBAL, packet.seqGlobal);
  for (const { type, value } of packet.attributes ?? []) message.bytes(type, value);
  if (packet.payload) message.bytes(NFULA_PAYLOAD, packet.payload);
  return Buffer.from(message.finish(0, 0));
}

/** One datagram of several packets, ended by NLMSG_DONE as the kernel ends it. */
export function nflogDatagram(packets: readonly FakePacket[]): Buffer {
  const messages = packets.map(nflogMessage);
  if (packets.length < 2) return Buffer.concat(messages);
  const done = new MessageBuilder(NLMSG_DONE, 0).nfgenmsg(0, packets[0]?.group ?? 0);
  return Buffer.concat([...messages, done.finish(0, 0)]);
}

function packetHeader({ protocol = 0x0800, hook = 1 }: FakePacket): Uint8Array {
  const header = Buffer.alloc(NFULNL_MSG_PACKET_HDR.size);
  header.writeUInt16BE(protocol, NFULNL_MSG_PACKET_HDR.hw_protocol);
  header.writeUInt8(hook, NFULNL_MSG_PACKET_HDR.hook);
  return header;
}

function timestamp({ sec, usec }: { sec: bigint; usec: bigint }): Uint8Array {
  const value = Buffer.alloc(NFULNL_MSG_PACKET_TIMESTAMP.size);
  value.writeBigUInt64BE(sec, NFULNL_MSG_PACKET_TIMESTAMP.sec);
  value.writeBigUInt64BE(usec, NFULNL_MSG_PACKET_TIMESTAMP.usec);
  return value;
}

function putNumber(message: MessageBuilder, type: number, value: number | undefined): void {
  if (value !== undefined) message.be32(type, value);
}
