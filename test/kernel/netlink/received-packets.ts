import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { AttributeCursor, MessageCursor } from '../../../src/netlink/cursor.ts';
import type { DatagramSource } from '../../../src/netlink/datagram-source.ts';
import {
  NFULA_PAYLOAD,
  NFULA_PREFIX,
  NFULA_SEQ,
  NFULA_SEQ_GLOBAL,
  NFULNL_MSG_PACKET,
} from '../../../src/netlink/nflog-protocol.ts';
import type { ReceiveRing } from '../../../src/netlink/receive-ring.ts';

export interface ReceivedPacket {
  group: number;
  seq: number;
  seqGlobal: number;
  /** Captured bytes of the packet. */
  captured: number;
  prefix: string;
}

/** Everything that is waiting on a source, in order. */
export function receiveAll(source: DatagramSource, ring: ReceiveRing): ReceivedPacket[] {
  const packets: ReceivedPacket[] = [];
  for (;;) {
    const count = source.receive(ring);
    if (count === 0) return packets;
    for (let slot = 0; slot < count; slot++) readSlot(ring, slot, packets);
  }
}

function readSlot(ring: ReceiveRing, slot: number, packets: ReceivedPacket[]): void {
  const start = slot * ring.slotSize;
  const message = new MessageCursor().reset(ring.view, start, start + (ring.lengths[slot] ?? 0));
  while (message.next()) {
    if (message.type === NFULNL_MSG_PACKET) packets.push(readPacket(ring, message));
  }
  if (message.malformed) throw new Error(`slot ${slot} is malformed`);
}

function readPacket(ring: ReceiveRing, message: MessageCursor): ReceivedPacket {
  const group = message.view.getUint16(message.offset + 2);
  const packet = { group, seq: -1, seqGlobal: -1, captured: 0, prefix: '' };
  const attribute = new AttributeCursor().reset(message.view, message.offset + 4, message.end);
  while (attribute.next()) {
    const { offset, length } = attribute;
    if (attribute.type === NFULA_SEQ) packet.seq = message.view.getUint32(offset);
    if (attribute.type === NFULA_SEQ_GLOBAL) packet.seqGlobal = message.view.getUint32(offset);
    if (attribute.type === NFULA_PAYLOAD) packet.captured = length;
    if (attribute.type === NFULA_PREFIX) {
      packet.prefix = ring.bytes.toString('latin1', offset, offset + length - 1);
    }
  }
  return packet;
}

/** 0, 1 … `count` − 1. */
export const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/**
 * Sends UDP datagrams of `size` bytes to a port of 127.0.0.1, one after another; resolves when all
 * have passed the firewall. Call it inside the namespace.
 */
export async function sendUdp(port: number, count: number, size = 10): Promise<void> {
  const socket = createSocket('udp4');
  const payload = Buffer.alloc(size);
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  for (let sent = 0; sent < count; sent++) {
    await new Promise<void>((resolve, reject) => {
      socket.send(payload, port, '127.0.0.1', (error) => (error ? reject(error) : resolve()));
    });
  }
  socket.close();
  await once(socket, 'close');
}
