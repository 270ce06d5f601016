import { destinationMac, sourceMac } from '../../support/host-pair.ts';
import {
  arp,
  ethernet,
  etherTypes,
  icmpEcho,
  icmpRedirect,
  icmpUnreachable,
  icmpv6Echo,
  ipv4,
  ipv4Fragments,
  ipv6,
  ipv6Fragments,
  type Layer,
  neighbourSolicitation,
  sctp,
  tcp,
  udp,
} from '../../support/packets.ts';

/** Values under the names that columns have for them; addresses as text, flags as 0 and 1. */
export type Fields = Readonly<Record<string, string | number>>;

/** A packet, and what a database shall say of it. NULL is not among the fields. */
export interface TrafficPacket {
  readonly name: string;
  readonly frame: Buffer;
  readonly fields: Fields;
}

/** The mark that each packet has. */
export const MARK = 0x12345678;
/** Prefix of all packets but those to {@link NASTY_PORT}. */
export const PREFIX = 'drop: ';
/** What SQL, and what puts SQL together, might stumble over. */
export const NASTY_PREFIX = 'it\'s "x" \\ ü, $1; -- %s';
export const NASTY_PORT = 1111;
/** Only the first {@link CUT_LENGTH} bytes of packets to it are logged. */
export const CUT_PORT = 1112;
export const CUT_LENGTH = 24;

const ETHERNET_HEADER = 14;
const IPV4_HEADER = 20;
const IPV6_HEADER = 40;

const addresses4 = { source: '192.0.2.1', destination: '198.51.100.255' };
const addresses6 = { source: '2001:db8::1', destination: '2001:db8:0:1::ffff' };
const ports = { sourcePort: 65_535, destinationPort: 443 };
const about = ipv4(addresses4, udp(ports));
const none = Buffer.alloc(0);

/** A packet, with the fields of its frame, of the rule that logs it, and others. */
function packet(name: string, payload: Buffer, others: Fields): TrafficPacket {
  const frame = ethernet(others.oob_family === 3 ? { type: etherTypes.arp } : {}, payload);
  const header = frame.subarray(0, ETHERNET_HEADER).toString('hex').replaceAll(/..\B/g, '$&:');
  const fields = {
    ...{ oob_prefix: PREFIX, oob_mark: MARK, oob_in: 'wan0', oob_hook: 0, raw_label: 1 },
    ...{ raw_pktlen: payload.length, raw_pktcount: 1, raw_type: 1, mac_str: header },
    ...{ mac_saddr_str: sourceMac, mac_daddr_str: destinationMac },
    oob_protocol: frame.readUInt16BE(ETHERNET_HEADER - 2),
    ...others,
  };
  return { name, frame, fields };
}

const plain4 = { ip_tos: 0, ip_ttl: 64, ip_id: 0, ip_fragoff: 0 };

/** An IPv4 packet, with fields of its header that are not as usual. */
function four(
  name: string,
  payload: Buffer,
  fields: Fields,
  header: Partial<typeof plain4> = {},
): TrafficPacket {
  const ip = {
    ...plain4,
    ...{ ip_saddr: addresses4.source, ip_daddr: addresses4.destination, ip_ihl: 5 },
    ...{ ip_totlen: payload.length, ip_csum: payload.readUInt16BE(10) },
    ...header,
  };
  return packet(name, payload, { oob_family: 2, ...ip, ip_protocol: payload[9] ?? 0, ...fields });
}

const plain6 = { ip6_priority: 0, ip6_hoplimit: 64, ip6_flowlabel: 0 };

/** An IPv6 packet, likewise. */
function six(
  name: string,
  payload: Buffer,
  fields: Fields,
  header: Partial<typeof plain6> = {},
): TrafficPacket {
  const ip = {
    ...plain6,
    ...{ ip_saddr: addresses6.source, ip_daddr: addresses6.destination },
    ...{ ip6_payloadlen: payload.length - IPV6_HEADER, ip_protocol: payload[6] ?? 0 },
    ...header,
  };
  return packet(name, payload, { oob_family: 10, ...ip, ...fields });
}

const noFlags = { tcp_urg: 0, tcp_ack: 0, tcp_psh: 0, tcp_rst: 0, tcp_syn: 0, tcp_fin: 0 };
const syn = { ...ports, flags: ['syn'], sequence: 0xfffffffe } as const;
const synFields = {
  ...noFlags,
  ...{ tcp_sport: 65_535, tcp_dport: 443, tcp_seq: 0xfffffffe, tcp_ackseq: 0, tcp_window: 65_535 },
  ...{ tcp_syn: 1, tcp_urgp: 0, tcp_flags: 2 },
};
const everyFlag = {
  ...ports,
  flags: ['fin', 'syn', 'rst', 'psh', 'ack', 'urg'],
  acknowledgement: 0xffffffff,
  urgentPointer: 65_535,
  window: 0,
} as const;
const everyFlagFields = {
  ...{ tcp_sport: 65_535, tcp_dport: 443, tcp_seq: 0, tcp_ackseq: 0xffffffff, tcp_window: 0 },
  ...{ tcp_urg: 1, tcp_ack: 1, tcp_psh: 1, tcp_rst: 1, tcp_syn: 1, tcp_fin: 1 },
  ...{ tcp_urgp: 65_535, tcp_flags: 63 },
};
const udpFields = (length: number, port = 443): Fields => ({
  ...{ udp_sport: 65_535, udp_dport: port, udp_len: length },
});

const [, fragment4 = none] = ipv4Fragments(ipv4(addresses4, udp(ports, Buffer.alloc(64))), 24);
const [fragment6 = none, later6 = none] = ipv6Fragments(
  addresses6,
  0xfffffffe,
  udp(ports, Buffer.alloc(64)),
  24,
);

const from4 = (upper: Layer): Buffer => ipv4(addresses4, upper);
const to = (destinationPort: number) => ({ sourcePort: 65_535, destinationPort });

const sctpPacket = from4(sctp(ports));
const echo6 = ipv6(addresses6, icmpv6Echo({ id: 65_535, sequence: 1 }, 'ping'));
const solicitation = ipv6(
  { ...addresses6, hopLimit: 255 },
  neighbourSolicitation('2001:db8::2', sourceMac),
);
const icmpv6Checksum = (payload: Buffer): Fields => ({
  icmpv6_csum: payload.readUInt16BE(IPV6_HEADER + 2),
});
const whoHas = arp({
  senderMac: sourceMac,
  senderIp: addresses4.source,
  targetIp: addresses4.destination,
});

/** A packet of each kind that the tables of ulogd2 tell apart. */
export const traffic: readonly TrafficPacket[] = [
  four(
    'TCP SYN',
    ipv4({ ...addresses4, tos: 0xff, ttl: 255, id: 65_535, dontFragment: true }, tcp(syn)),
    synFields,
    { ip_tos: 255, ip_ttl: 255, ip_id: 65_535, ip_fragoff: 0x4000 },
  ),
  four('TCP with every flag', from4(tcp(everyFlag, 'data')), everyFlagFields),
  four('UDP', from4(udp(ports, 'payload')), udpFields(15)),
  four('a nasty prefix', from4(udp(to(NASTY_PORT))), {
    ...udpFields(8, NASTY_PORT),
    oob_prefix: NASTY_PREFIX,
  }),
  four('cut in the UDP header', from4(udp(to(CUT_PORT))), { raw_pktlen: CUT_LENGTH }),
  four('a later fragment', fragment4, {}, { ip_fragoff: 0x2003 }),
  four('ICMP echo', from4(icmpEcho({ id: 65_535, sequence: 1 }, 'ping')), {
    ...{ icmp_type: 8, icmp_code: 0, icmp_echoid: 65_535, icmp_echoseq: 1 },
  }),
  four('ICMP redirect', from4(icmpRedirect(1, '10.0.0.254', about)), {
    ...{ icmp_type: 5, icmp_code: 1, icmp_gateway: 0x0a0000fe },
  }),
  four('ICMP fragmentation needed', from4(icmpUnreachable(4, about, 1400)), {
    ...{ icmp_type: 3, icmp_code: 4, icmp_fragmtu: 1400 },
  }),
  four('SCTP', sctpPacket, {
    ...{ sctp_sport: 65_535, sctp_dport: 443 },
    sctp_csum: sctpPacket.readUInt32BE(IPV4_HEADER + 8),
  }),
  six(
    'IPv6 TCP SYN',
    ipv6({ ...addresses6, trafficClass: 255, flowLabel: 0xfffff, hopLimit: 255 }, tcp(syn)),
    synFields,
    { ip6_priority: 255, ip6_flowlabel: 0xfffff, ip6_hoplimit: 255 },
  ),
  six('IPv6 UDP', ipv6(addresses6, udp(ports, 'payload')), udpFields(15)),
  six('ICMPv6 echo', echo6, {
    ...{ icmpv6_type: 128, icmpv6_code: 0, icmpv6_echoid: 65_535, icmpv6_echoseq: 1 },
    ...icmpv6Checksum(echo6),
  }),
  six(
    'neighbour solicitation',
    solicitation,
    { icmpv6_type: 135, icmpv6_code: 0, ...icmpv6Checksum(solicitation) },
    { ip6_hoplimit: 255 },
  ),
  six('IPv6 first fragment', fragment6, {
    ...{ ip_protocol: 17, ip6_fragoff: 0, ip6_fragid: 0xfffffffe },
    ...udpFields(72),
  }),
  six('IPv6 later fragment', later6, {
    ...{ ip_protocol: 17, ip6_fragoff: 24, ip6_fragid: 0xfffffffe },
  }),
  // Its way is so short that it still has the socket that sent it.
  packet('ARP request', whoHas, { oob_family: 3, oob_uid: 0, oob_gid: 0 }),
];
