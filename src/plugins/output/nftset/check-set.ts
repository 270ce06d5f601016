import {
  type DataType,
  formatSetName,
  type NftSet,
  type SetName,
} from '../../../netlink/nftables/index.ts';
import type { Key } from '../../../records/key.ts';
import { NftsetError } from './nftset-error.ts';

/** What elements a set has to take. */
export interface Demand {
  /** The keys that an element is made of, in order. */
  readonly keys: readonly Key[];
  /** Elements are added with timeouts of their own. */
  readonly needsTimeout: boolean;
  /** nft's word for addresses where a set is to be proposed. */
  readonly addressType: 'ipv4_addr' | 'ipv6_addr';
}

/**
 * Says why elements cannot go to a set, with the nft command that makes one that takes them.
 *
 * @throws NftsetError unless they can
 */
export function checkSet(
  name: SetName,
  found: NftSet | 'no table' | 'no set',
  demand: Demand,
): NftSet {
  const title = formatSetName(name);
  for (const { name, type } of demand.keys) {
    const problem = elementProblem(name, type);
    if (problem !== undefined) throw new NftsetError(problem, { set: title });
  }
  const command = commandFor(name, demand);
  const fail = (reason: string, remedy = command): never => {
    throw new NftsetError(reason, { set: title, command: remedy });
  };
  if (found === 'no table') {
    const table = `nft add table ${name.family} ${shellWord(name.table)}`;
    const reason = `there is no table ${name.family} ${name.table}; table and set are made by`;
    return fail(reason, `${table} && ${command}`);
  }
  if (found === 'no set') return fail(`there is no set ${title}; it is made by`);
  const replacement = `nft delete set ${shellName(name)} && ${command}`;
  const misfits = (reason: string) =>
    fail(`${reason}; one that fits takes its place, when no rule uses it, by`, replacement);
  if (found.isMap) return misfits(`${title} is a map`);
  if (found.isConstant) return misfits(`${title} is constant: no elements can be added`);
  if (!found.fields || !fitsKeys(found.fields, demand.keys)) {
    const type = found.fields?.map(({ name }) => name).join(' . ') ?? 'a type that is unknown here';
    const keys = demand.keys.map((key) => key.name).join(' . ');
    return misfits(`the elements of ${title} are ${type}, which ${keys} does not fit`);
  }
  if (demand.needsTimeout && !found.hasTimeout) {
    return misfits(`${title} has no flag timeout, which nfttimeout needs`);
  }
  return found;
}

function fitsKeys(fields: readonly DataType[], keys: readonly Key[]): boolean {
  if (fields.length !== keys.length) return false;
  return fields.every((field, index) => {
    const key = keys[index];
    return key !== undefined && fitsKey(field, key);
  });
}

const widths: Readonly<Partial<Record<string, number>>> = { bool: 1, u8: 1, u16: 2, u32: 4 };

/** Why no set can be made with keys of this type; undefined: it can. */
export function elementProblem(key: string, type: string): string | undefined {
  if (['ip', 'mac', 'string'].includes(type) || widths[type] !== undefined) return undefined;
  return `no element can have ${key}: nftables has no type for its values`;
}

function fitsKey({ name, length }: DataType, { type }: Key): boolean {
  switch (name) {
    case 'ipv4_addr':
    case 'ipv6_addr':
      return type === 'ip';
    case 'ether_addr':
      return type === 'mac';
    case 'ifname':
      return type === 'string';
    default:
      return widths[type] === length;
  }
}

function commandFor(name: SetName, demand: Demand): string {
  const types = demand.keys.map((key) => typeFor(key, demand.addressType)).join(' . ');
  const flags = demand.needsTimeout ? ' flags timeout;' : '';
  return `nft add set ${shellName(name)} '{ type ${types};${flags} }'`;
}

/** Keys whose values nft has a type for, beyond what their own type says. */
const typesByName = new Map([
  ['oob.uid', 'uid'],
  ['oob.gid', 'gid'],
  ['oob.ifindex_in', 'iface_index'],
  ['oob.ifindex_out', 'iface_index'],
  ['oob.protocol', 'ether_type'],
  ['icmp.type', 'icmp_type'],
  ['icmpv6.type', 'icmpv6_type'],
  ['tcp.flags', 'tcp_flag'],
]);

function typeFor({ name, type }: Key, addressType: string): string {
  const known = typesByName.get(name);
  if (known !== undefined) return known;
  switch (type) {
    case 'ip':
      return addressType;
    case 'mac':
      return 'ether_addr';
    case 'string':
      return 'ifname';
    case 'u16':
      return 'inet_service';
    case 'u32':
      return 'mark';
    default:
      return 'inet_proto';
  }
}

const shellName = ({ family, table, set }: SetName): string =>
  `${family} ${shellWord(table)} ${shellWord(set)}`;

/** Names that come from a file are quoted where a shell would make something else of them. */
const shellWord = (word: string): string =>
  /^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
