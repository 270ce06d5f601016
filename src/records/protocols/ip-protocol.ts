/** Protocol numbers of IPv4's protocol and IPv6's next-header field (IANA; linux/in.h, in6.h). */
export const IpProtocol = {
  HOPOPTS: 0,
  ICMP: 1,
  TCP: 6,
  UDP: 17,
  ROUTING: 43,
  FRAGMENT: 44,
  ESP: 50,
  AH: 51,
  ICMPV6: 58,
  DSTOPTS: 60,
  SCTP: 132,
} as const;

/** Ethernet types (IEEE 802; linux/if_ether.h). */
export const EtherType = {
  IPV4: 0x0800,
  ARP: 0x0806,
  VLAN: 0x8100,
  IPV6: 0x86dd,
  SERVICE_VLAN: 0x88a8,
} as const;

/** Netfilter's protocol families: nfgenmsg.nfgen_family (linux/netfilter.h, NFPROTO_*). */
export const Family = { INET: 1, IPV4: 2, ARP: 3, NETDEV: 5, BRIDGE: 7, IPV6: 10 } as const;
