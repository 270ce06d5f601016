import { key } from '../../../records/key.ts';

/** The keys that a packet has before anybody looks into it, from the attributes of its message. */
export const nflogKeys = {
  mac: key('raw.mac', 'mac', 'link-layer header as captured; for Ethernet 14 bytes'),
  macLen: key('raw.mac_len', 'u16', 'length of the link-layer header in bytes'),
  type: key('raw.type', 'u16', 'type of the link layer (linux/if_arp.h ARPHRD_*); 1 = Ethernet'),
  macSaddr: key('raw.mac.saddr', 'mac', "sender's link-layer address"),
  macAddrlen: key('raw.mac.addrlen', 'u16', 'length of that address in bytes'),
  pkt: key('raw.pkt', 'bytes', 'the packet from its network header on, as far as captured'),
  pktlen: key('raw.pktlen', 'u32', 'captured length in bytes'),
  pktcount: key('raw.pktcount', 'u32', 'packets that the record stands for: 1'),
  label: key('raw.label', 'u8', "the block's option `label` where that is a number"),
  prefix: key('oob.prefix', 'string', 'prefix of the firewall rule that logged the packet'),
  timeSec: key(
    'oob.time.sec',
    'u32',
    'time of the packet, seconds since 1970; without a kernel time stamp, of its receipt',
  ),
  timeUsec: key('oob.time.usec', 'u32', 'microseconds of that time'),
  mark: key('oob.mark', 'u32', "packet's mark; 0 when it has none"),
  ifindexIn: key('oob.ifindex_in', 'u32', 'index of the interface that the packet came in by'),
  ifindexOut: key('oob.ifindex_out', 'u32', 'index of the interface that the packet goes out by'),
  ifindexPhysin: key('oob.ifindex_physin', 'u32', 'the bridge port that it came in by'),
  ifindexPhysout: key('oob.ifindex_physout', 'u32', 'the bridge port that it goes out by'),
  hook: key(
    'oob.hook',
    'u8',
    'netfilter hook: 0 prerouting, 1 input, 2 forward, 3 output, 4 postrouting',
  ),
  family: key(
    'oob.family',
    'u8',
    'protocol family of the hook: 2 IPv4, 3 ARP, 5 netdev, 7 bridge, 10 IPv6',
  ),
  protocol: key('oob.protocol', 'u16', 'Ethernet type as the kernel saw it'),
  uid: key('oob.uid', 'u32', 'user of the socket that sent the packet'),
  gid: key('oob.gid', 'u32', 'group of the socket that sent the packet'),
  seqLocal: key('oob.seq.local', 'u32', "packet's number within its netlink group"),
  seqGlobal: key('oob.seq.global', 'u32', "packet's number over all netlink groups"),
  vlanProto: key('oob.vlan.proto', 'u16', 'Ethernet type of a VLAN tag kept beside the packet'),
  vlanTci: key('oob.vlan.tci', 'u16', 'control information of that tag: priority, DEI, identifier'),
};
