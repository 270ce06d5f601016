import type { Fields, TrafficPacket } from './traffic.ts';

/** Fields that ulogd2 2.0.8 makes up, from what is no header. */
const madeUp: Readonly<Record<string, Fields>> = {
  'a later fragment': { udp_sport: 0, udp_dport: 0, udp_len: 0 },
};

/** Fields that it lacks. */
const forgotten: Readonly<Record<string, readonly string[]>> = {
  'IPv6 later fragment': ['ip_protocol'],
};

const swapped = (value: number): number => ((value & 0xff) << 8) | (value >> 8);

/** What ulogd2 has of a packet, its bugs and all. */
export function fieldsOfUlogd({ name, fields }: TrafficPacket): Fields {
  // No interface is an empty name.
  const theirs: Record<string, string | number> = { ...fields, oob_out: '', ...madeUp[name] };
  for (const field of forgotten[name] ?? []) delete theirs[field];
  // Only where the URG flag is set.
  if (theirs.tcp_urg === 0) delete theirs.tcp_urgp;
  if (typeof theirs.icmpv6_csum === 'number') theirs.icmpv6_csum = swapped(theirs.icmpv6_csum);
  return theirs;
}
