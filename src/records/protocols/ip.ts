import { key } from '../key.ts';

/** Keys that IPv4 and IPv6 share. */
export const ipKeys = {
  saddr: key('ip.saddr', 'ip', 'source address'),
  daddr: key('ip.daddr', 'ip', 'destination address'),
  protocol: key(
    'ip.protocol',
    'u8',
    'protocol behind the IP header and any IPv6 extension headers',
  ),
};
