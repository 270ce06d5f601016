/**
 * nft's types of set elements. The kernel knows only their length and keeps the number that nft gave
 * it (NFTA_SET_KEY_TYPE); it is the file include/datatype.h of nftables that gives it a meaning.
 */

/**
 * `network` and `host` are byte orders; `text` is padded with NULs to the type's length.
 * Interval sets hold host-order types in network order, so that they sort.
 */
export type ByteOrder = 'network' | 'host' | 'text';

/** The type of one field of a set's elements. */
export interface DataType {
  /** nft's name: `ipv4_addr`. */
  readonly name: string;
  /** Bytes. */
  readonly length: number;
  readonly order: ByteOrder;
}

const type = (name: string, length: number, order: ByteOrder = 'network'): DataType => ({
  name,
  length,
  order,
});

/**
 * By `enum datatypes`, as far as a packet's keys can have such values. Not `dscp`, which is six bits:
 * keys have the whole byte that holds them, which rules would never find in a set.
 */
const types = new Map<number, DataType>([
  [7, type('ipv4_addr', 4)],
  [8, type('ipv6_addr', 16)],
  [9, type('ether_addr', 6)],
  [10, type('ether_type', 2)],
  [11, type('arp_op', 2)],
  [12, type('inet_proto', 1)],
  [13, type('inet_service', 2)],
  [14, type('icmp_type', 1)],
  [15, type('tcp_flag', 1)],
  [19, type('mark', 4, 'host')],
  [20, type('iface_index', 4, 'host')],
  [24, type('uid', 4, 'host')],
  [25, type('gid', 4, 'host')],
  [29, type('icmpv6_type', 1)],
  [41, type('ifname', 16, 'text')],
]);

/** `integer` has the length of what a set was declared with: `typeof ip length`. */
const INTEGER = 4;

/** A concatenation is one number, six bits for each type, the last type lowest. */
const TYPE_BITS = 6;

/**
 * The types of an element's fields, in order; undefined when one of them is unknown here.
 *
 * @param keyType NFTA_SET_KEY_TYPE
 * @param keyLength NFTA_SET_KEY_LEN, bytes
 * @param integerOrder the byte order of a set of plain integers, from nft's notes in the set
 */
export function fieldTypes(
  keyType: number,
  keyLength: number,
  integerOrder: 'network' | 'host',
): readonly DataType[] | undefined {
  if (keyType === INTEGER) return [type('integer', keyLength, integerOrder)];
  const fields: DataType[] = [];
  for (let rest = keyType; rest > 0; rest = rest >>> TYPE_BITS) {
    const field = types.get(rest & ((1 << TYPE_BITS) - 1));
    if (!field) return undefined;
    fields.unshift(field);
  }
  return fields.length > 0 ? fields : undefined;
}
