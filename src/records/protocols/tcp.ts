import { u8, u16, u32 } from '../bytes.ts';
import type { BytesColumn, NumberColumn } from '../column.ts';
import type { ColumnSet } from '../column-set.ts';
import { key } from '../key.ts';
import { payloadKey, setPayload } from './payload.ts';

const keys = {
  sport: key('tcp.sport', 'u16', 'source port'),
  dport: key('tcp.dport', 'u16', 'destination port'),
  seq: key('tcp.seq', 'u32', 'sequence number'),
  ackseq: key('tcp.ackseq', 'u32', 'acknowledgement number'),
  offset: key('tcp.offset', 'u8', 'header length in 32-bit words'),
  reserved: key('tcp.reserved', 'u8', 'the four reserved bits'),
  window: key('tcp.window', 'u16', 'window, unscaled'),
  urg: key('tcp.urg', 'bool', 'URG flag'),
  ack: key('tcp.ack', 'bool', 'ACK flag'),
  psh: key('tcp.psh', 'bool', 'PSH flag'),
  rst: key('tcp.rst', 'bool', 'RST flag'),
  syn: key('tcp.syn', 'bool', 'SYN flag'),
  fin: key('tcp.fin', 'bool', 'FIN flag'),
  ece: key('tcp.ece', 'bool', 'ECE flag (RFC 3168)'),
  cwr: key('tcp.cwr', 'bool', 'CWR flag (RFC 3168)'),
  res1: key('tcp.res1', 'u8', 'the four reserved bits, by the name of struct tcphdr'),
  res2: key('tcp.res2', 'u8', 'CWR and ECE as one two-bit number, by the name of struct tcphdr'),
  urgp: key('tcp.urgp', 'u16', 'urgent pointer'),
  csum: key('tcp.csum', 'u16', 'checksum as sent'),
  flags: key('tcp.flags', 'u8', 'all eight flags as one byte: CWR ECE URG ACK PSH RST SYN FIN'),
};

const payload = payloadKey('tcp.payload');

export const tcpKeys = [...Object.values(keys), payload];

/** Length of a TCP header without options (RFC 9293, 3.1). */
const HEADER_LENGTH = 20;

/** Fills the `tcp.*` keys. */
export class TcpDecoder {
  readonly #columns: { readonly [name in keyof typeof keys]: NumberColumn };
  readonly #payload: BytesColumn;
  readonly #active: boolean;

  constructor(columns: ColumnSet) {
    this.#active = tcpKeys.some((k) => columns.isRead(k.name));
    this.#payload = columns.bytes(payload);
    this.#columns = {
      sport: columns.numbers(keys.sport),
      dport: columns.numbers(keys.dport),
      seq: columns.numbers(keys.seq),
      ackseq: columns.numbers(keys.ackseq),
      offset: columns.numbers(keys.offset),
      reserved: columns.numbers(keys.reserved),
      window: columns.numbers(keys.window),
      urg: columns.numbers(keys.urg),
      ack: columns.numbers(keys.ack),
      psh: columns.numbers(keys.psh),
      rst: columns.numbers(keys.rst),
      syn: columns.numbers(keys.syn),
      fin: columns.numbers(keys.fin),
      ece: columns.numbers(keys.ece),
      cwr: columns.numbers(keys.cwr),
      res1: columns.numbers(keys.res1),
      res2: columns.numbers(keys.res2),
      urgp: columns.numbers(keys.urgp),
      csum: columns.numbers(keys.csum),
      flags: columns.numbers(keys.flags),
    };
  }

  /** Decodes the header at `data[at … end − 1]`; sets nothing when it was not captured whole. */
  decode(row: number, data: Uint8Array, at: number, end: number): void {
    if (!this.#active || end - at < HEADER_LENGTH) return;
    const c = this.#columns;
    const flags = u8(data, at + 13);
    const lengthAndReserved = u8(data, at + 12);
    c.sport.set(row, u16(data, at));
    c.dport.set(row, u16(data, at + 2));
    c.seq.set(row, u32(data, at + 4));
    c.ackseq.set(row, u32(data, at + 8));
    c.offset.set(row, lengthAndReserved >> 4);
    c.reserved.set(row, lengthAndReserved & 0x0f);
    c.res1.set(row, lengthAndReserved & 0x0f);
    c.res2.set(row, flags >> 6);
    c.flags.set(row, flags);
    c.cwr.set(row, flags >> 7);
    c.ece.set(row, (flags >> 6) & 1);
    c.urg.set(row, (flags >> 5) & 1);
    c.ack.set(row, (flags >> 4) & 1);
    c.psh.set(row, (flags >> 3) & 1);
    c.rst.set(row, (flags >> 2) & 1);
    c.syn.set(row, (flags >> 1) & 1);
    c.fin.set(row, flags & 1);
    c.window.set(row, u16(data, at + 14));
    c.csum.set(row, u16(data, at + 16));
    c.urgp.set(row, u16(data, at + 18));
    const headerLength = (lengthAndReserved >> 4) * 4;
    if (headerLength >= HEADER_LENGTH) setPayload(this.#payload, row, at + headerLength, end);
  }
}
