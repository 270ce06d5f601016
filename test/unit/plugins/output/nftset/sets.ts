import type { DataType, NftSet } from '../../../../../src/netlink/nftables/index.ts';
import { keyLengthOf } from '../../../../../src/netlink/nftables/set.ts';

const lengths: Readonly<Record<string, number>> = {
  ipv4_addr: 4,
  ipv6_addr: 16,
  ether_addr: 6,
  inet_proto: 1,
  inet_service: 2,
  mark: 4,
  ifname: 16,
};

/** Fields by nft's names of their types: `ipv4_addr . inet_service`. */
export const fieldsOf = (types: string): DataType[] =>
  types.split(' . ').map((name) => ({
    name,
    length: lengths[name] ?? 0,
    order: name === 'mark' ? 'host' : name === 'ifname' ? 'text' : 'network',
  }));

/** `inet t s` with elements of these types. */
export function setOf(types: string, changes: Partial<NftSet> = {}): NftSet {
  const fields = fieldsOf(types);
  return {
    name: { family: 'inet', table: 't', set: 's' },
    fields,
    keyLength: keyLengthOf(fields),
    isMap: false,
    isConstant: false,
    isInterval: false,
    hasTimeout: false,
    timeoutMs: 0,
    size: 0,
    ...changes,
  };
}
