import type { BytesColumn, NumberColumn } from '../../records/column.ts';
import type { ColumnSet } from '../../records/column-set.ts';
import {
  type Literal,
  literal,
  writeAddress,
  writeField,
  writeHex32,
  writeLiteral,
  writeMac,
  writeUint,
  writeUpperHex8,
} from '../../records/text.ts';
import type { KeyUse } from '../api.ts';
import { LogLineTransport } from './log-line-transport.ts';

const text = {
  src: literal('SRC='),
  dst: literal('DST='),
  len: literal('LEN='),
  tos: literal('TOS='),
  prec: literal('PREC=0x'),
  ttl: literal('TTL='),
  id: literal('ID='),
  reserved: literal('CE '),
  df: literal('DF '),
  mf: literal('MF '),
  frag: literal('FRAG:'),
  tc: literal('TC='),
  hoplimit: literal('HOPLIMIT='),
  flowlabel: literal('FLOWLBL='),
  frag6: literal('FRAG: '),
  fragid: literal(' ID: '),
  proto: literal('PROTO='),
  arp: literal('PROTO=ARP '),
  request: literal('REQUEST '),
  reply: literal('REPLY '),
  nak: literal('NAK '),
  code: literal('CODE='),
  replyMac: literal('REPLY_MAC='),
  truncated: literal('TRUNCATED '),
};
const SPACE = 0x20;
const IPV6_HEADER_LENGTH = 40;
const ArpOperation = { REQUEST: 1, REPLY: 2, NAK: 10 };
const MAX_REPLY_MAC = 32;

const readNames = [
  'oob.protocol',
  'ip.saddr',
  'ip.daddr',
  'ip.protocol',
  'ip.totlen',
  'ip.tos',
  'ip.ttl',
  'ip.id',
  'ip.fragoff',
  'ip6.payloadlen',
  'ip6.priority',
  'ip6.hoplimit',
  'ip6.flowlabel',
  'ip6.fragoff',
  'ip6.fragid',
  'pkt.ethertype',
  'arp.operation',
  'arp.shwaddr',
  'arp.saddr',
  'arp.daddr',
];

/** The part of a log line that the packet's own headers fill: from `SRC=` to the protocol's fields. */
export class LogLineBody {
  static readonly reads: readonly KeyUse[] = [
    ...readNames.map((name) => ({ name, required: name === 'ip.protocol' })),
    ...LogLineTransport.reads,
  ];

  /** Two IPv6 addresses, the IPv6 fields with the widest numbers, and the transport's part. */
  static readonly MAX_LENGTH = 400 + LogLineTransport.MAX_LENGTH;

  readonly #saddr: BytesColumn;
  readonly #daddr: BytesColumn;
  readonly #protocol: NumberColumn;
  readonly #totlen: NumberColumn;
  readonly #tos: NumberColumn;
  readonly #ttl: NumberColumn;
  readonly #id: NumberColumn;
  readonly #fragoff: NumberColumn;
  readonly #payloadlen: NumberColumn;
  readonly #priority: NumberColumn;
  readonly #hoplimit: NumberColumn;
  readonly #flowlabel: NumberColumn;
  readonly #fragoff6: NumberColumn;
  readonly #fragid: NumberColumn;
  readonly #ethertype: NumberColumn;
  readonly #arpOperation: NumberColumn;
  readonly #arpSender: BytesColumn;
  readonly #arpSaddr: BytesColumn;
  readonly #arpDaddr: BytesColumn;
  readonly #transport: LogLineTransport;

  constructor(columns: ColumnSet) {
    this.#saddr = columns.readBytes('ip.saddr');
    this.#daddr = columns.readBytes('ip.daddr');
    this.#protocol = columns.readNumbers('ip.protocol');
    this.#totlen = columns.readNumbers('ip.totlen');
    this.#tos = columns.readNumbers('ip.tos');
    this.#ttl = columns.readNumbers('ip.ttl');
    this.#id = columns.readNumbers('ip.id');
    this.#fragoff = columns.readNumbers('ip.fragoff');
    this.#payloadlen = columns.readNumbers('ip6.payloadlen');
    this.#priority = columns.readNumbers('ip6.priority');
    this.#hoplimit = columns.readNumbers('ip6.hoplimit');
    this.#flowlabel = columns.readNumbers('ip6.flowlabel');
    this.#fragoff6 = columns.readNumbers('ip6.fragoff');
    this.#fragid = columns.readNumbers('ip6.fragid');
    this.#ethertype = columns.readNumbers('pkt.ethertype');
    this.#arpOperation = columns.readNumbers('arp.operation');
    this.#arpSender = columns.readBytes('arp.shwaddr');
    this.#arpSaddr = columns.readBytes('arp.saddr');
    this.#arpDaddr = columns.readBytes('arp.daddr');
    this.#transport = new LogLineTransport(columns);
  }

  write(row: number, out: DataView, at: number): number {
    if (this.#totlen.has(row)) return this.#writeIpv4(row, out, at);
    if (this.#payloadlen.has(row)) return this.#writeIpv6(row, out, at);
    if (this.#arpOperation.has(row)) return this.#writeArp(row, out, at);
    if (this.#ethertype.has(row)) {
      return writeField(out, at, text.proto, this.#ethertype.get(row));
    }
    return writeLiteral(out, at, text.truncated);
  }

  #writeIpv4(row: number, out: DataView, start: number): number {
    const tos = this.#tos.get(row);
    const fragment = this.#fragoff.get(row);
    let at = writeAddressField(out, start, text.src, this.#saddr, row);
    at = writeAddressField(out, at, text.dst, this.#daddr, row);
    at = writeField(out, at, text.len, this.#totlen.get(row));
    // The split of the TOS byte is RFC 1349's, as the LOG target has always printed it.
    at = writeUpperHex8(out, writeLiteral(out, at, text.tos), tos & 0x1e);
    out.setUint8(at++, SPACE);
    at = writeUpperHex8(out, writeLiteral(out, at, text.prec), tos & 0xe0);
    out.setUint8(at++, SPACE);
    at = writeField(out, at, text.ttl, this.#ttl.get(row));
    at = writeField(out, at, text.id, this.#id.get(row));
    if ((fragment & 0x8000) !== 0) at = writeLiteral(out, at, text.reserved);
    if ((fragment & 0x4000) !== 0) at = writeLiteral(out, at, text.df);
    if ((fragment & 0x2000) !== 0) at = writeLiteral(out, at, text.mf);
    const offset = fragment & 0x1fff;
    if (offset !== 0) at = writeField(out, at, text.frag, offset);
    return this.#transport.write(row, this.#protocol.get(row), offset !== 0, out, at);
  }

  #writeIpv6(row: number, out: DataView, start: number): number {
    let at = writeAddressField(out, start, text.src, this.#saddr, row);
    at = writeAddressField(out, at, text.dst, this.#daddr, row);
    at = writeField(out, at, text.len, this.#payloadlen.get(row) + IPV6_HEADER_LENGTH);
    at = writeField(out, at, text.tc, this.#priority.get(row));
    at = writeField(out, at, text.hoplimit, this.#hoplimit.get(row));
    at = writeField(out, at, text.flowlabel, this.#flowlabel.get(row));
    let laterFragment = false;
    if (this.#fragid.has(row)) {
      laterFragment = this.#fragoff6.get(row) !== 0;
      at = writeUint(out, writeLiteral(out, at, text.frag6), this.#fragoff6.get(row));
      at = writeHex32(out, writeLiteral(out, at, text.fragid), this.#fragid.get(row));
      out.setUint8(at++, SPACE);
    }
    return this.#transport.write(row, this.#protocol.get(row), laterFragment, out, at);
  }

  #writeArp(row: number, out: DataView, start: number): number {
    const operation = this.#arpOperation.get(row);
    let at = writeAddressField(out, start, text.src, this.#arpSaddr, row);
    at = writeAddressField(out, at, text.dst, this.#arpDaddr, row);
    at = writeLiteral(out, at, text.arp);
    if (operation === ArpOperation.REQUEST) at = writeLiteral(out, at, text.request);
    else if (operation === ArpOperation.REPLY) at = writeLiteral(out, at, text.reply);
    else if (operation === ArpOperation.NAK) at = writeLiteral(out, at, text.nak);
    else at = writeField(out, at, text.code, operation);
    if (operation === ArpOperation.REPLY && this.#arpSender.has(row)) {
      const sender = this.#arpSender;
      const length = Math.min(sender.length(row), MAX_REPLY_MAC);
      at = writeLiteral(out, at, text.replyMac);
      at = writeMac(out, at, sender.data, sender.offset(row), length);
      out.setUint8(at++, SPACE);
    }
    return at;
  }
}

/** `NAME=address `, or nothing where the row has no such key. */
function writeAddressField(
  out: DataView,
  start: number,
  name: Literal,
  column: BytesColumn,
  row: number,
): number {
  if (!column.has(row)) return start;
  let at = writeLiteral(out, start, name);
  at = writeAddress(out, at, column.data, column.offset(row), column.length(row));
  out.setUint8(at, SPACE);
  return at + 1;
}
