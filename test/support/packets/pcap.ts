/** Link types of pcap files (tcpdump.org/linktypes.html). */
export const linkTypes = { ethernet: 1, raw: 101 } as const;

/** A classic pcap file with microsecond stamps, one packet a second from the epoch on. */
export function pcapFile(linkType: number, packets: readonly Uint8Array[]): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(0xffff, 16);
  header.writeUInt32LE(linkType, 20);
  const records = packets.map((packet, second) => {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(second, 0);
    record.writeUInt32LE(packet.length, 8);
    record.writeUInt32LE(packet.length, 12);
    return Buffer.concat([record, packet]);
  });
  return Buffer.concat([header, ...records]);
}
