import type { KeyRequirement, OptionValues, ValueProblem } from '../../api.ts';
import { defineOptions, defineOutput } from '../../api.ts';
import { elementProblem } from './check-set.ts';
import { type NamedKey, parseKeyNames } from './key-names.ts';
import { Nftset } from './nftset.ts';
import { parseSetName } from './set-name.ts';

const options = defineOptions({
  nftset: {
    type: 'list',
    of: { type: 'string' },
    required: true,
    help: 'set that gets the elements, as "inet filter banned"; or two, one for IPv4 and one for IPv6',
  },
  nftkey: {
    type: 'string',
    rest: true,
    default: 'ip.saddr',
    help: 'keys that an element is made of, as in ip.saddr . tcp.dport',
  },
  nfttimeout: {
    type: 'duration',
    min: 1000,
    max: 10 * 365 * 86_400_000,
    help: "time until an element leaves the set; seen again, it begins anew; without it, the set's own",
  },
  nftaction: {
    type: 'enum',
    values: ['add', 'delete'],
    default: 'add',
    help: 'whether elements are added or deleted',
  },
});

type Values = OptionValues<typeof options>;

/** More than two are most likely one without its quotes. */
function checkNames(names: readonly string[]): ValueProblem[] {
  if (names.length > 2) {
    const message = 'nftset takes one set or two, each in quotes: "inet filter banned"';
    return [{ option: 'nftset', message }];
  }
  return names.flatMap((text, item) => {
    const parsed = parseSetName(text);
    return 'message' in parsed ? [{ option: 'nftset', item, ...parsed }] : [];
  });
}

function check({ nftset, nftkey, nftaction, nfttimeout }: Values): ValueProblem[] {
  const problems = checkNames(nftset);
  const keys = parseKeyNames(nftkey);
  if ('message' in keys) problems.push({ option: 'nftkey', ...keys });
  if (nftaction === 'delete' && nfttimeout !== undefined) {
    const message = 'elements that are deleted have no timeout';
    problems.push({ option: 'nfttimeout', message });
  }
  return problems;
}

/** A key, which has to be of a type that nftables has for elements. */
function requirementOf({ key, offset, length }: NamedKey): KeyRequirement {
  const place = { option: 'nftkey', offset, length };
  return {
    key,
    ...place,
    checkType(type) {
      const message = elementProblem(key, type);
      return message === undefined ? [] : [{ ...place, message }];
    },
  };
}

/** Changes nftables sets without a process: a ban takes effect within a millisecond. */
export const nftset = defineOutput({
  kind: 'output',
  name: 'NFTSET',
  summary: 'adds elements to a set of nftables, such as the addresses to ban, or deletes them',
  options,
  reads: [],
  capabilities: ['net_admin'],
  readsOf({ nftkey }) {
    const keys = parseKeyNames(nftkey);
    return 'message' in keys ? [] : keys.map(requirementOf);
  },
  check,
  open(context) {
    const { nftset: names, nftkey, nfttimeout: timeoutMs, nftaction: action } = context.options;
    // Both have been checked: what is no name cannot be here.
    const sets = names.map(parseSetName).filter((name) => 'family' in name);
    const keys = parseKeyNames(nftkey);
    const keyNames = 'message' in keys ? [] : keys.map(({ key }) => key);
    return new Nftset(context, { sets, keys: keyNames, action, timeoutMs });
  },
});
