import type { BytesColumn, NumberColumn } from '../../../records/column.ts';
import type { ColumnSet } from '../../../records/column-set.ts';
import { IpProtocol } from '../../../records/protocols/ip-protocol.ts';
import type { PrefixSet } from '../prefix-set.ts';
import { stepCode } from './sequence.ts';
import type { FlagMatch } from './tcp-flags.ts';

/** What `code` says of packets that are no hits; no step has it. */
export const NO_HIT = 0;

/** Key that holds the port or type, by IP protocol. */
export const hitKeys: Readonly<Record<number, string>> = {
  [IpProtocol.TCP]: 'tcp.dport',
  [IpProtocol.UDP]: 'udp.dport',
  [IpProtocol.ICMP]: 'icmp.type',
  [IpProtocol.ICMPV6]: 'icmpv6.type',
};

/** Which packets can be hits at all. */
export interface HitOptions {
  readonly flags: FlagMatch;
  readonly family: 'any' | 'ip' | 'ip6';
  /** Addresses that hits have to be for; undefined: whichever. */
  readonly targets: PrefixSet | undefined;
}

const addressLengths = { any: 0, ip: 4, ip6: 16 } as const;

/**
 * Reads rows as hits: packets that could be a step of some sequence. Those without a port or type,
 * such as later fragments, are none; neither are TCP packets whose flags do not match.
 */
export class HitReader {
  readonly #flags: FlagMatch;
  /** Bytes of the addresses to heed; 0: any. */
  readonly #addressLength: number;
  readonly #targets: PrefixSet | undefined;
  readonly #saddr: BytesColumn;
  readonly #daddr: BytesColumn;
  readonly #tcpDport: NumberColumn;
  readonly #tcpSport: NumberColumn;
  readonly #tcpSeq: NumberColumn;
  readonly #tcpFlags: NumberColumn;
  readonly #udpDport: NumberColumn;
  readonly #icmpType: NumberColumn;
  readonly #icmpv6Type: NumberColumn;

  constructor(columns: ColumnSet, { flags, family, targets }: HitOptions) {
    this.#flags = flags;
    this.#addressLength = addressLengths[family];
    this.#targets = targets;
    this.#saddr = columns.readBytes('ip.saddr');
    this.#daddr = columns.readBytes('ip.daddr');
    this.#tcpDport = columns.readNumbers('tcp.dport');
    this.#tcpSport = columns.readNumbers('tcp.sport');
    this.#tcpSeq = columns.readNumbers('tcp.seq');
    this.#tcpFlags = columns.readNumbers('tcp.flags');
    this.#udpDport = columns.readNumbers('udp.dport');
    this.#icmpType = columns.readNumbers('icmp.type');
    this.#icmpv6Type = columns.readNumbers('icmpv6.type');
  }

  /** What the row's packet is as a step ({@link stepCode}), or {@link NO_HIT}. */
  code(row: number): number {
    if (!this.#isOfFamily(row) || !this.#isForTarget(row)) return NO_HIT;
    if (this.#tcpDport.has(row)) {
      const { mask, value } = this.#flags;
      if ((this.#tcpFlags.get(row) & mask) !== value) return NO_HIT;
      return stepCode(IpProtocol.TCP, this.#tcpDport.get(row));
    }
    if (this.#udpDport.has(row)) return stepCode(IpProtocol.UDP, this.#udpDport.get(row));
    if (this.#icmpType.has(row)) return stepCode(IpProtocol.ICMP, this.#icmpType.get(row));
    if (this.#icmpv6Type.has(row)) return stepCode(IpProtocol.ICMPV6, this.#icmpv6Type.get(row));
    return NO_HIT;
  }

  /** Source port of a TCP packet; 0 of others. */
  sourcePort(row: number): number {
    return this.#tcpSport.has(row) ? this.#tcpSport.get(row) : 0;
  }

  /** Sequence number of a TCP packet; 0 of others. */
  sequenceNumber(row: number): number {
    return this.#tcpSeq.has(row) ? this.#tcpSeq.get(row) : 0;
  }

  #isOfFamily(row: number): boolean {
    if (!this.#saddr.has(row)) return false;
    return this.#addressLength === 0 || this.#saddr.length(row) === this.#addressLength;
  }

  #isForTarget(row: number): boolean {
    const targets = this.#targets;
    if (targets === undefined) return true;
    const daddr = this.#daddr;
    return daddr.has(row) && targets.has(daddr.data, daddr.offset(row), daddr.length(row));
  }
}
