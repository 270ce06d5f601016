import { EtherType, Family, IpProtocol } from '../../../records/protocols/ip-protocol.ts';

type Names = Readonly<Record<string, number>>;

/**
 * IANA protocol-numbers, by the names that /etc/protocols and nftables have for them; but `ipip` is
 * what linux/in.h and the tunnels of ip(8) call so, and not the 94 that nobody uses.
 */
const protocols: Names = {
  icmp: IpProtocol.ICMP,
  igmp: 2,
  ipip: 4,
  ipencap: 4,
  tcp: IpProtocol.TCP,
  udp: IpProtocol.UDP,
  dccp: 33,
  ipv6: 41,
  gre: 47,
  esp: IpProtocol.ESP,
  ah: IpProtocol.AH,
  icmpv6: IpProtocol.ICMPV6,
  'ipv6-icmp': IpProtocol.ICMPV6,
  ospf: 89,
  pim: 103,
  ipcomp: 108,
  vrrp: 112,
  l2tp: 115,
  sctp: IpProtocol.SCTP,
  udplite: 136,
};

const ethertypes: Names = {
  ipv4: EtherType.IPV4,
  arp: EtherType.ARP,
  vlan: EtherType.VLAN,
  ipv6: EtherType.IPV6,
  mpls: 0x8847,
  pppoe: 0x8864,
  qinq: EtherType.SERVICE_VLAN,
  lldp: 0x88cc,
};

/** linux/netfilter.h NFPROTO_* */
const families: Names = {
  inet: Family.INET,
  ipv4: Family.IPV4,
  arp: Family.ARP,
  netdev: Family.NETDEV,
  bridge: Family.BRIDGE,
  ipv6: Family.IPV6,
};

/** linux/netfilter.h NF_INET_*, the same for all families but arp and netdev. */
const hooks: Names = { prerouting: 0, input: 1, forward: 2, output: 3, postrouting: 4 };

/** IANA arp-parameters. */
const arpOperations: Names = { request: 1, reply: 2, nak: 10 };

/** IANA icmp-parameters, by nftables' names. */
const icmpTypes: Names = {
  'echo-reply': 0,
  'destination-unreachable': 3,
  'source-quench': 4,
  redirect: 5,
  'echo-request': 8,
  'router-advertisement': 9,
  'router-solicitation': 10,
  'time-exceeded': 11,
  'parameter-problem': 12,
  'timestamp-request': 13,
  'timestamp-reply': 14,
  'info-request': 15,
  'info-reply': 16,
  'address-mask-request': 17,
  'address-mask-reply': 18,
};

/** IANA icmpv6-parameters, by nftables' names. */
const icmpv6Types: Names = {
  'destination-unreachable': 1,
  'packet-too-big': 2,
  'time-exceeded': 3,
  'parameter-problem': 4,
  'echo-request': 128,
  'echo-reply': 129,
  'mld-listener-query': 130,
  'mld-listener-report': 131,
  'mld-listener-done': 132,
  'mld-listener-reduction': 132,
  'nd-router-solicit': 133,
  'nd-router-advert': 134,
  'nd-neighbor-solicit': 135,
  'nd-neighbor-advert': 136,
  'nd-redirect': 137,
  'router-renumbering': 138,
  'ind-neighbor-solicit': 141,
  'ind-neighbor-advert': 142,
  'mld2-listener-report': 143,
};

const namesByKey = new Map<string, Names>([
  ['ip.protocol', protocols],
  ['orig.ip.protocol', protocols],
  ['reply.ip.protocol', protocols],
  ['ip6.nexthdr', protocols],
  ['ip6.firsthdr', protocols],
  ['oob.protocol', ethertypes],
  ['oob.vlan.proto', ethertypes],
  ['pkt.ethertype', ethertypes],
  ['vlan.proto', ethertypes],
  ['arp.protocoltype', ethertypes],
  ['oob.family', families],
  ['oob.hook', hooks],
  ['arp.operation', arpOperations],
  ['icmp.type', icmpTypes],
  ['icmpv6.type', icmpv6Types],
]);

/** What numbers of a key can be called. Ports have no names: those differ between machines. */
export const namesOf = (key: string): Names | undefined => namesByKey.get(key);

/** Ports that people name; only to tell them the number. */
const services: Names = {
  ftp: 21,
  ssh: 22,
  telnet: 23,
  smtp: 25,
  dns: 53,
  domain: 53,
  dhcp: 67,
  http: 80,
  pop3: 110,
  ntp: 123,
  imap: 143,
  snmp: 161,
  ldap: 389,
  https: 443,
  syslog: 514,
  mysql: 3306,
  rdp: 3389,
  postgresql: 5432,
};

/** The port that a name most likely stands for. */
export const portOf = (name: string): number | undefined =>
  Object.hasOwn(services, name) ? services[name] : undefined;
