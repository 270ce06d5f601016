import { Family, IpProtocol } from '../../../records/protocols/ip-protocol.ts';
import { choiceIndex } from './row-texts.ts';

/** `network.transport` by IP protocol number: IANA's keywords in lower case, as ECS wants them. */
export const transports: ReadonlyMap<number, string> = new Map([
  [IpProtocol.ICMP, 'icmp'],
  [2, 'igmp'],
  [4, 'ipv4'],
  [IpProtocol.TCP, 'tcp'],
  [IpProtocol.UDP, 'udp'],
  [33, 'dccp'],
  [41, 'ipv6'],
  [47, 'gre'],
  [IpProtocol.ESP, 'esp'],
  [IpProtocol.AH, 'ah'],
  [IpProtocol.ICMPV6, 'ipv6-icmp'],
  [89, 'ospfigp'],
  [103, 'pim'],
  [112, 'vrrp'],
  [115, 'l2tp'],
  [IpProtocol.SCTP, 'sctp'],
  [136, 'udplite'],
]);

/**
 * The hooks at which a packet has come in or is on its way out, by family: NF_INET_*, NF_ARP_*,
 * NF_NETDEV_* and NF_BR_* of the kernel's headers. A forwarded packet does neither.
 */
const hooks: readonly (readonly [families: number[], incoming: number[], outgoing: number[]])[] = [
  [
    [Family.IPV4, Family.IPV6],
    [0, 1, 5],
    [3, 4],
  ],
  [[Family.ARP, Family.NETDEV], [0], [1]],
  [[Family.BRIDGE], [0, 1, 5], [3, 4]],
];

/** `network.direction` as seen from this machine, by `choiceIndex` of family and hook. */
export const directions: ReadonlyMap<number, string> = new Map(
  hooks.flatMap(([families, incoming, outgoing]) =>
    families.flatMap((family) => [
      ...incoming.map((hook) => [choiceIndex(family, hook), 'ingress'] as const),
      ...outgoing.map((hook) => [choiceIndex(family, hook), 'egress'] as const),
    ]),
  ),
);
