import { directions, transports } from './ecs-names.ts';

/** Where a key stands in ECS, and in what form. */
export interface EcsPlace {
  /** Dotted path of the field. */
  readonly path: string;
  /**
   * `text`: a number that ECS keeps as text. `mac`: the text of a link-layer address, as RFC 7042
   * wants it. `name`: a text that is left out when it is empty. Default: as the key's type is.
   */
  readonly form?: 'text' | 'mac' | 'name';
  /** The names of the number's values; values without one are left out. */
  readonly texts?: ReadonlyMap<number, string>;
  /** A key whose number decides about the name as well; see `choiceIndex`. */
  readonly selector?: string;
  /** Added to the number. */
  readonly plus?: number;
  /** Stands there instead of the value, for rows that have the key. */
  readonly constant?: string;
}

const IPV6_HEADER_LENGTH = 40;

const queryOrAnswer = new Map([
  [0, 'query'],
  [1, 'answer'],
]);

const source: readonly EcsPlace[] = [{ path: 'source.ip' }];
const destination: readonly EcsPlace[] = [{ path: 'destination.ip' }];
const sourcePort: readonly EcsPlace[] = [{ path: 'source.port' }];
const destinationPort: readonly EcsPlace[] = [{ path: 'destination.port' }];

/** The keys that ECS has fields for. An empty list: another field says it already. */
export const ecsPlaces: ReadonlyMap<string, readonly EcsPlace[]> = new Map(
  Object.entries<readonly EcsPlace[]>({
    // @timestamp, observer.hostname
    'oob.time.sec': [],
    'oob.time.usec': [],
    host: [],
    'oob.prefix': [{ path: 'rule.name', form: 'name' }],
    'oob.in': [{ path: 'observer.ingress.interface.name' }],
    'oob.out': [{ path: 'observer.egress.interface.name' }],
    'oob.uid': [{ path: 'user.id', form: 'text' }],
    'oob.gid': [{ path: 'user.group.id', form: 'text' }],
    'oob.hook': [
      { path: 'network.direction', texts: directions, selector: 'oob.family' },
      { path: 'netfilter.oob.hook' },
    ],
    'raw.pktcount': [{ path: 'network.packets' }],
    'vlan.id': [{ path: 'network.vlan.id', form: 'text' }],
    'vlan.inner': [{ path: 'network.inner.vlan.id', form: 'text' }],
    'raw.mac': [{ path: 'netfilter.mac.str' }],
    'mac.saddr.str': [{ path: 'source.mac', form: 'mac' }],
    'mac.daddr.str': [{ path: 'destination.mac', form: 'mac' }],
    'ip.saddr': source,
    'ip.saddr.str': source,
    'ip.daddr': destination,
    'ip.daddr.str': destination,
    'arp.saddr': source,
    'arp.saddr.str': source,
    'arp.daddr': destination,
    'arp.daddr.str': destination,
    'arp.operation': [
      { path: 'network.type', constant: 'arp' },
      { path: 'netfilter.arp.operation' },
    ],
    'ip.totlen': [{ path: 'network.type', constant: 'ipv4' }, { path: 'network.bytes' }],
    'ip6.payloadlen': [
      { path: 'network.type', constant: 'ipv6' },
      { path: 'network.bytes', plus: IPV6_HEADER_LENGTH },
    ],
    'ip.protocol': [
      { path: 'network.iana_number', form: 'text' },
      { path: 'network.transport', texts: transports },
    ],
    'tcp.sport': sourcePort,
    'udp.sport': sourcePort,
    'sctp.sport': sourcePort,
    'tcp.dport': destinationPort,
    'udp.dport': destinationPort,
    'sctp.dport': destinationPort,
    'dns.id': [{ path: 'dns.id', form: 'text' }],
    'dns.qr': [{ path: 'dns.type', texts: queryOrAnswer }],
    'dns.qname': [{ path: 'dns.question.name' }],
    'dns.qtype.str': [{ path: 'dns.question.type' }],
    'dns.rcode.str': [{ path: 'dns.response_code' }],
    'http.method': [{ path: 'http.request.method' }],
    'http.path': [{ path: 'url.original' }],
    'http.version': [{ path: 'http.version' }],
    'http.referer': [{ path: 'http.request.referrer' }],
    'http.status': [{ path: 'http.response.status_code' }],
    'http.useragent': [{ path: 'user_agent.original' }],
    'tls.sni': [{ path: 'tls.client.server_name' }],
  }),
);
