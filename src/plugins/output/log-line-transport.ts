import type { BytesColumn, NumberColumn } from '../../records/column.ts';
import type { ColumnSet } from '../../records/column-set.ts';
import { IpProtocol } from '../../records/protocols/ip-protocol.ts';
import {
  type Literal,
  literal,
  writeField,
  writeHex,
  writeIpv4,
  writeLiteral,
} from '../../records/text.ts';
import type { KeyUse } from '../api.ts';

const text = {
  tcp: literal('PROTO=TCP '),
  udp: literal('PROTO=UDP '),
  sctp: literal('PROTO=SCTP '),
  icmp: literal('PROTO=ICMP '),
  icmpv6: literal('PROTO=ICMPv6 '),
  esp: literal('PROTO=ESP '),
  ah: literal('PROTO=AH '),
  proto: literal('PROTO='),
  incomplete: literal('INCOMPLETE '),
  spt: literal('SPT='),
  dpt: literal('DPT='),
  seq: literal('SEQ='),
  ack: literal('ACK='),
  window: literal('WINDOW='),
  urgp: literal('URGP='),
  len: literal('LEN='),
  spi: literal('SPI=0x'),
  type: literal('TYPE='),
  code: literal('CODE='),
  id: literal('ID='),
  parameter: literal('PARAMETER='),
  gateway: literal('GATEWAY='),
  mtu: literal('MTU='),
};

/** The text of each combination of URG ACK PSH RST SYN FIN (bits 5 … 0), in the LOG target's order. */
const flagTexts = Array.from({ length: 64 }, (_, flags) => {
  const names = ['URG', 'ACK', 'PSH', 'RST', 'SYN', 'FIN'];
  return literal(
    names
      .filter((_name, i) => (flags >> (5 - i)) & 1)
      .map((n) => `${n} `)
      .join(''),
  );
});

const SPACE = 0x20;

const numberNames = [
  'tcp.sport',
  'tcp.dport',
  'tcp.seq',
  'tcp.ackseq',
  'tcp.window',
  'tcp.flags',
  'tcp.urgp',
  'udp.sport',
  'udp.dport',
  'udp.len',
  'sctp.sport',
  'sctp.dport',
  'ahesp.spi',
  'icmp.type',
  'icmp.code',
  'icmp.echoid',
  'icmp.echoseq',
  'icmp.pointer',
  'icmp.fragmtu',
  'icmpv6.type',
  'icmpv6.code',
  'icmpv6.echoid',
  'icmpv6.echoseq',
] as const;

type NumberName = (typeof numberNames)[number];

/** `PROTO=…` and the fields of what the IP header carries. */
export class LogLineTransport {
  static readonly reads: readonly KeyUse[] = [...numberNames, 'icmp.gateway'].map((name) => ({
    name,
  }));
  /** TCP's is the longest: all numbers at their widest and every flag. */
  static readonly MAX_LENGTH = 160;

  readonly #tcpSport: NumberColumn;
  readonly #tcpDport: NumberColumn;
  readonly #tcpSeq: NumberColumn;
  readonly #tcpAckseq: NumberColumn;
  readonly #tcpWindow: NumberColumn;
  readonly #tcpFlags: NumberColumn;
  readonly #tcpUrgp: NumberColumn;
  readonly #udpSport: NumberColumn;
  readonly #udpDport: NumberColumn;
  readonly #udpLen: NumberColumn;
  readonly #sctpSport: NumberColumn;
  readonly #sctpDport: NumberColumn;
  readonly #spi: NumberColumn;
  readonly #icmpType: NumberColumn;
  readonly #icmpCode: NumberColumn;
  readonly #icmpEchoid: NumberColumn;
  readonly #icmpEchoseq: NumberColumn;
  readonly #icmpPointer: NumberColumn;
  readonly #icmpFragmtu: NumberColumn;
  readonly #icmpGateway: BytesColumn;
  readonly #icmpv6Type: NumberColumn;
  readonly #icmpv6Code: NumberColumn;
  readonly #icmpv6Echoid: NumberColumn;
  readonly #icmpv6Echoseq: NumberColumn;

  constructor(columns: ColumnSet) {
    const numbers = (name: NumberName) => columns.readNumbers(name);
    this.#tcpSport = numbers('tcp.sport');
    this.#tcpDport = numbers('tcp.dport');
    this.#tcpSeq = numbers('tcp.seq');
    this.#tcpAckseq = numbers('tcp.ackseq');
    this.#tcpWindow = numbers('tcp.window');
    this.#tcpFlags = numbers('tcp.flags');
    this.#tcpUrgp = numbers('tcp.urgp');
    this.#udpSport = numbers('udp.sport');
    this.#udpDport = numbers('udp.dport');
    this.#udpLen = numbers('udp.len');
    this.#sctpSport = numbers('sctp.sport');
    this.#sctpDport = numbers('sctp.dport');
    this.#spi = numbers('ahesp.spi');
    this.#icmpType = numbers('icmp.type');
    this.#icmpCode = numbers('icmp.code');
    this.#icmpEchoid = numbers('icmp.echoid');
    this.#icmpEchoseq = numbers('icmp.echoseq');
    this.#icmpPointer = numbers('icmp.pointer');
    this.#icmpFragmtu = numbers('icmp.fragmtu');
    this.#icmpGateway = columns.readBytes('icmp.gateway');
    this.#icmpv6Type = numbers('icmpv6.type');
    this.#icmpv6Code = numbers('icmpv6.code');
    this.#icmpv6Echoid = numbers('icmpv6.echoid');
    this.#icmpv6Echoseq = numbers('icmpv6.echoseq');
  }

  /** @param laterFragment names the protocol only: what a later fragment carries has no header. */
  write(row: number, protocol: number, laterFragment: boolean, out: DataView, at: number): number {
    const next = writeName(out, at, protocol);
    if (laterFragment) return next;
    switch (protocol) {
      case IpProtocol.TCP:
        return this.#writeTcp(row, out, next);
      case IpProtocol.UDP:
        return this.#writeUdp(row, out, next);
      case IpProtocol.SCTP:
        return this.#writeSctp(row, out, next);
      case IpProtocol.ICMP:
        return this.#writeIcmp(row, out, next);
      case IpProtocol.ICMPV6:
        return this.#writeIcmpv6(row, out, next);
      case IpProtocol.ESP:
      case IpProtocol.AH:
        return this.#writeSpi(row, out, next);
      default:
        return next;
    }
  }

  #writeTcp(row: number, out: DataView, start: number): number {
    if (!this.#tcpSport.has(row)) return writeLiteral(out, start, text.incomplete);
    let at = writeField(out, start, text.spt, this.#tcpSport.get(row));
    at = writeField(out, at, text.dpt, this.#tcpDport.get(row));
    at = writeField(out, at, text.seq, this.#tcpSeq.get(row));
    at = writeField(out, at, text.ack, this.#tcpAckseq.get(row));
    at = writeField(out, at, text.window, this.#tcpWindow.get(row));
    at = writeLiteral(out, at, flagTexts[this.#tcpFlags.get(row) & 0x3f] as Literal);
    return writeField(out, at, text.urgp, this.#tcpUrgp.get(row));
  }

  #writeUdp(row: number, out: DataView, start: number): number {
    if (!this.#udpSport.has(row)) return writeLiteral(out, start, text.incomplete);
    const at = writePorts(out, start, this.#udpSport.get(row), this.#udpDport.get(row));
    return writeField(out, at, text.len, this.#udpLen.get(row));
  }

  #writeSctp(row: number, out: DataView, start: number): number {
    if (!this.#sctpSport.has(row)) return writeLiteral(out, start, text.incomplete);
    return writePorts(out, start, this.#sctpSport.get(row), this.#sctpDport.get(row));
  }

  #writeSpi(row: number, out: DataView, start: number): number {
    if (!this.#spi.has(row)) return writeLiteral(out, start, text.incomplete);
    const at = writeHex(out, writeLiteral(out, start, text.spi), this.#spi.get(row));
    out.setUint8(at, SPACE);
    return at + 1;
  }

  #writeIcmp(row: number, out: DataView, start: number): number {
    if (!this.#icmpType.has(row)) return writeLiteral(out, start, text.incomplete);
    let at = writeField(out, start, text.type, this.#icmpType.get(row));
    at = writeField(out, at, text.code, this.#icmpCode.get(row));
    if (this.#icmpEchoid.has(row)) {
      at = writeField(out, at, text.id, this.#icmpEchoid.get(row));
      at = writeField(out, at, text.seq, this.#icmpEchoseq.get(row));
    }
    if (this.#icmpPointer.has(row)) {
      at = writeField(out, at, text.parameter, this.#icmpPointer.get(row));
    }
    if (this.#icmpGateway.has(row)) {
      at = writeLiteral(out, at, text.gateway);
      at = writeIpv4(out, at, this.#icmpGateway.data, this.#icmpGateway.offset(row));
      out.setUint8(at++, SPACE);
    }
    if (this.#icmpFragmtu.has(row)) {
      at = writeField(out, at, text.mtu, this.#icmpFragmtu.get(row));
    }
    return at;
  }

  #writeIcmpv6(row: number, out: DataView, start: number): number {
    if (!this.#icmpv6Type.has(row)) return writeLiteral(out, start, text.incomplete);
    let at = writeField(out, start, text.type, this.#icmpv6Type.get(row));
    at = writeField(out, at, text.code, this.#icmpv6Code.get(row));
    if (this.#icmpv6Echoid.has(row)) {
      at = writeField(out, at, text.id, this.#icmpv6Echoid.get(row));
      at = writeField(out, at, text.seq, this.#icmpv6Echoseq.get(row));
    }
    return at;
  }
}

/** `PROTO=TCP `; a protocol without a name of its own by its number. */
function writeName(out: DataView, at: number, protocol: number): number {
  switch (protocol) {
    case IpProtocol.TCP:
      return writeLiteral(out, at, text.tcp);
    case IpProtocol.UDP:
      return writeLiteral(out, at, text.udp);
    case IpProtocol.SCTP:
      return writeLiteral(out, at, text.sctp);
    case IpProtocol.ICMP:
      return writeLiteral(out, at, text.icmp);
    case IpProtocol.ICMPV6:
      return writeLiteral(out, at, text.icmpv6);
    case IpProtocol.ESP:
      return writeLiteral(out, at, text.esp);
    case IpProtocol.AH:
      return writeLiteral(out, at, text.ah);
    default:
      return writeField(out, at, text.proto, protocol);
  }
}

function writePorts(out: DataView, at: number, source: number, destination: number): number {
  return writeField(out, writeField(out, at, text.spt, source), text.dpt, destination);
}
