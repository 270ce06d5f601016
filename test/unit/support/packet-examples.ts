import * as p from '../../support/packets.ts';

export const v4 = { source: '192.0.2.1', destination: '198.51.100.2' };
export const v6 = { source: '2001:db8::1', destination: '2001:db8::2' };
export const ports = { sourcePort: 1024, destinationPort: 4242 };
const mac = '02:00:00:00:00:0a';
const about = p.ipv4({ source: '198.51.100.2', destination: '192.0.2.1' }, p.udp(ports, 'lost'));
const about6 = p.ipv6({ source: '2001:db8::2', destination: '2001:db8::1' }, p.udp(ports, 'lost'));

export interface Example {
  readonly frame: Buffer;
  /** Values of tshark's fields; the innermost where a field occurs in several layers. */
  readonly fields: Readonly<Record<string, string>>;
}

const ip = (packet: Buffer, fields: Example['fields']): Example => ({
  frame: p.ethernet({}, packet),
  fields,
});

/** `good` in Wireshark's checksum status fields. */
export const good = '1';

/** Packets of every builder, with what their fields have to be. */
export const examples: Record<string, Example> = {
  'IPv4 header': ip(
    p.ipv4(
      { ...v4, tos: 0x48, ttl: 7, id: 0xbeef, dontFragment: true, options: Buffer.from([7, 3, 4]) },
      p.udp(ports),
    ),
    {
      'ip.src': '192.0.2.1',
      'ip.dst': '198.51.100.2',
      'ip.hdr_len': '24',
      'ip.dsfield': '0x48',
      'ip.ttl': '7',
      'ip.id': '0xbeef',
      'ip.flags.df': '1',
      'ip.checksum.status': good,
      'ip.len': '32',
    },
  ),
  'reserved flag': ip(p.ipv4({ ...v4, reservedFlag: true }, p.raw(253)), {
    'ip.flags.rb': '1',
    'ip.proto': '253',
    'ip.checksum.status': good,
  }),
  TCP: ip(
    p.ipv4(
      v4,
      p.tcp(
        {
          ...ports,
          flags: ['syn', 'ece', 'cwr', 'urg'],
          sequence: 0xfedcba98,
          acknowledgement: 5,
          window: 1000,
          urgentPointer: 9,
          options: Buffer.from([2, 4, 5, 180]),
        },
        'odd',
      ),
    ),
    {
      'tcp.srcport': '1024',
      'tcp.dstport': '4242',
      'tcp.flags': '0x00e2',
      'tcp.seq_raw': '4275878552',
      'tcp.ack_raw': '5',
      'tcp.window_size_value': '1000',
      'tcp.urgent_pointer': '9',
      'tcp.options.mss_val': '1460',
      'tcp.checksum.status': good,
      'tcp.len': '3',
    },
  ),
  'all TCP flags': ip(
    p.ipv6(
      v6,
      p.tcp({ ...ports, flags: ['fin', 'syn', 'rst', 'psh', 'ack', 'urg', 'ece', 'cwr', 'ns'] }),
    ),
    { 'tcp.flags': '0x01ff', 'tcp.checksum.status': good },
  ),
  UDP: ip(p.ipv4(v4, p.udp(ports, 'odd')), {
    'udp.srcport': '1024',
    'udp.dstport': '4242',
    'udp.length': '11',
    'udp.checksum.status': good,
  }),
  'UDP over IPv6': ip(
    p.ipv6({ ...v6, trafficClass: 0xb8, flowLabel: 0xabcde, hopLimit: 3 }, p.udp(ports, 'hello')),
    {
      'ipv6.src': '2001:db8::1',
      'ipv6.dst': '2001:db8::2',
      'ipv6.tclass': '0x000000b8',
      'ipv6.flow': '0x0abcde',
      'ipv6.hlim': '3',
      'ipv6.plen': '13',
      'udp.checksum.status': good,
    },
  ),
  SCTP: ip(p.ipv4(v4, p.sctp(ports)), {
    'sctp.srcport': '1024',
    'sctp.dstport': '4242',
    'sctp.checksum.status': good,
    'sctp.chunk_type': '1',
  }),
  'extension headers': ip(
    p.ipv6(v6, p.hopByHop(p.routing(v6.destination, p.destinationOptions(p.tcp(ports), 2)), 3)),
    {
      'ipv6.nxt': '0',
      'ipv6.hopopts.nxt': '43',
      'ipv6.hopopts.len': '2',
      'ipv6.routing.nxt': '60',
      'ipv6.routing.segleft': '0',
      'ipv6.dstopts.nxt': '6',
      'ipv6.dstopts.len': '1',
      'tcp.checksum.status': good,
    },
  ),
  'atomic fragment': ip(p.ipv6(v6, p.fragment({ id: 0x1234abcd }, p.udp(ports, 'whole'))), {
    'ipv6.fraghdr.ident': '0x1234abcd',
    'udp.checksum.status': good,
  }),
  'ICMP echo': ip(p.ipv4(v4, p.icmpEcho({ id: 0x8001, sequence: 2 }, 'ping')), {
    'icmp.type': '8',
    'icmp.ident': '32769',
    'icmp.seq': '2',
    'icmp.checksum.status': good,
  }),
  'ICMP fragmentation needed': ip(p.ipv4(v4, p.icmpUnreachable(4, about, 1400)), {
    'icmp.type': '3',
    'icmp.code': '4',
    'icmp.mtu': '1400',
    'icmp.checksum.status': good,
    'udp.dstport': '4242',
  }),
  'ICMP redirect': ip(p.ipv4(v4, p.icmpRedirect(1, '192.0.2.254', about)), {
    'icmp.type': '5',
    'icmp.redir_gw': '192.0.2.254',
    'icmp.checksum.status': good,
  }),
  'ICMP parameter problem': ip(p.ipv4(v4, p.icmpParameterProblem(200, about)), {
    'icmp.type': '12',
    'icmp.pointer': '200',
    'icmp.checksum.status': good,
  }),
  'ICMPv6 echo reply': ip(p.ipv6(v6, p.icmpv6Echo({ reply: true, id: 7, sequence: 8 }, 'pong')), {
    'icmpv6.type': '129',
    'icmpv6.echo.identifier': '0x0007',
    'icmpv6.echo.sequence_number': '8',
    'icmpv6.checksum.status': good,
  }),
  'ICMPv6 packet too big': ip(p.ipv6(v6, p.icmpv6PacketTooBig(1280, about6)), {
    'icmpv6.type': '2',
    'icmpv6.mtu': '1280',
    'icmpv6.checksum.status': good,
  }),
  'ICMPv6 unreachable': ip(p.ipv6(v6, p.icmpv6Unreachable(4, about6)), {
    'icmpv6.type': '1',
    'icmpv6.code': '4',
    'icmpv6.checksum.status': good,
    'udp.checksum.status': good,
  }),
  'neighbour solicitation': ip(
    p.ipv6({ ...v6, hopLimit: 255 }, p.neighbourSolicitation('2001:db8::2', mac)),
    {
      'icmpv6.type': '135',
      'icmpv6.nd.ns.target_address': '2001:db8::2',
      'icmpv6.opt.linkaddr': mac,
      'icmpv6.checksum.status': good,
    },
  ),
  'neighbour advertisement': ip(
    p.ipv6({ ...v6, hopLimit: 255 }, p.neighbourAdvertisement('2001:db8::1', mac)),
    {
      'icmpv6.type': '136',
      'icmpv6.nd.na.flag.o': '1',
      'icmpv6.opt.linkaddr': mac,
      'icmpv6.checksum.status': good,
    },
  ),
  ESP: ip(p.ipv4(v4, p.esp({ spi: 0xdeadbeef, sequence: 3 })), {
    'esp.spi': '0xdeadbeef',
    'esp.sequence': '3',
  }),
  AH: ip(p.ipv6(v6, p.ah({ spi: 0x1001 }, p.udp(ports, 'inside'))), {
    'ah.spi': '0x00001001',
    'ah.next_header': '17',
    'udp.checksum.status': good,
  }),
  GRE: ip(p.ipv4(v4, p.gre(about)), { 'gre.proto': '0x0800', 'udp.checksum.status': good }),
  IGMP: ip(p.ipv4({ ...v4, ttl: 1 }, p.igmpReport('239.1.2.3')), {
    'igmp.type': '0x16',
    'igmp.maddr': '239.1.2.3',
    'igmp.checksum.status': good,
  }),
  'ARP reply': {
    frame: p.ethernet(
      { source: mac, type: p.etherTypes.arp },
      p.arp({
        operation: 2,
        senderMac: mac,
        senderIp: '10.0.0.1',
        targetMac: '02:00:00:00:00:0b',
        targetIp: '10.0.0.2',
      }),
    ),
    fields: {
      'arp.opcode': '2',
      'arp.src.hw_mac': mac,
      'arp.src.proto_ipv4': '10.0.0.1',
      'arp.dst.hw_mac': '02:00:00:00:00:0b',
      'arp.dst.proto_ipv4': '10.0.0.2',
    },
  },
  VLAN: {
    frame: p.ethernet(
      { destination: mac, type: p.etherTypes.vlan },
      p.vlan({ id: 42, priority: 5 }, p.ipv4(v4, p.udp(ports))),
    ),
    fields: { 'eth.dst': mac, 'vlan.id': '42', 'vlan.priority': '5', 'udp.checksum.status': good },
  },
};
