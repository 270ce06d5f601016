export {
  icmp,
  icmpEcho,
  icmpParameterProblem,
  icmpRedirect,
  icmpUnreachable,
  icmpv6,
  icmpv6Echo,
  icmpv6PacketTooBig,
  icmpv6Unreachable,
  neighbourAdvertisement,
  neighbourSolicitation,
} from './packets/icmp.ts';
export { type Ipv4Fields, ipv4, ipv4Fragments } from './packets/ipv4.ts';
export {
  destinationOptions,
  fragment,
  hopByHop,
  type Ipv6Fields,
  ipv6,
  ipv6Fragments,
  routing,
} from './packets/ipv6.ts';
export { type Layer, raw } from './packets/layer.ts';
export { arp, ethernet, etherTypes, vlan } from './packets/link.ts';
export { ah, esp, gre, igmpReport } from './packets/other-protocols.ts';
export { linkTypes, pcapFile } from './packets/pcap.ts';
export { sctp, type TcpFlag, tcp, udp } from './packets/transport.ts';
