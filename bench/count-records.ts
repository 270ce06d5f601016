import { createReadStream } from 'node:fs';

const BOUNDARY = '===>PACKET BOUNDARY\n';
const PCAP_HEADER_LENGTH = 24;
const PCAP_RECORD_HEADER_LENGTH = 16;
/** Where a record's header tells how many bytes follow it. */
const INCL_LEN = 8;

/** The packets in a file of OPRINT, of either daemon. */
export async function countBoundaries(file: string): Promise<number> {
  let count = 0;
  let rest = '';
  for await (const chunk of createReadStream(file, { encoding: 'latin1' })) {
    const text = rest + chunk;
    count += text.split(BOUNDARY).length - 1;
    // Too short for a whole one: a boundary that the chunk cuts off is counted with the next.
    rest = text.slice(1 - BOUNDARY.length);
  }
  return count;
}

/**
 * The packets in a classic pcap file in this machine's byte order.
 *
 * @throws Error when the file does not end with a whole record
 */
export async function countPcapRecords(file: string): Promise<number> {
  let count = 0;
  let pending = Buffer.alloc(0);
  let skip = PCAP_HEADER_LENGTH;
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
    pending = Buffer.concat([pending, chunk]);
    let at = Math.min(skip, pending.length);
    skip -= at;
    while (skip === 0 && at + PCAP_RECORD_HEADER_LENGTH <= pending.length) {
      const end = at + PCAP_RECORD_HEADER_LENGTH + pending.readUInt32LE(at + INCL_LEN);
      if (end > pending.length) break;
      count++;
      at = end;
    }
    pending = pending.subarray(at);
  }
  if (skip > 0 || pending.length > 0) throw new Error(`${file}: ends within a record`);
  return count;
}
