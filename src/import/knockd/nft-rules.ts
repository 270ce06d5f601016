import { isIP } from 'node:net';
import type { Step } from './sequence.ts';
import { formatTcpFlags, nftFlagsMatch, type TcpFlags } from './tcp-flags.ts';

/** What a door has to see. */
export interface WatchedDoor {
  readonly steps: readonly Step[];
  readonly flags: TcpFlags;
  readonly target: string | undefined;
}

export interface NftRuleOptions {
  /** The netlink group to log to. */
  readonly group: number;
  readonly interface: string | undefined;
}

/**
 * A table of its own that logs what doors have to see, as lines for `nft -f`. It stands where
 * knockd looks, before anything is filtered, tracked or translated, and changes nothing.
 */
export function nftTable(doors: readonly WatchedDoor[], options: NftRuleOptions): string[] {
  const byTarget = new Map<string | undefined, WatchedDoor[]>();
  for (const door of doors) {
    const others = byTarget.get(door.target);
    if (others) others.push(door);
    else byTarget.set(door.target, [door]);
  }
  // One packet is logged once, also where a target is an address of ours.
  const end = byTarget.size > 1 ? ' return' : '';
  const targets = [...byTarget].sort(([a], [b]) => targetsFirst(a, b));
  const rules = targets.flatMap(([target, those]) =>
    rulesFor(
      those,
      `${interfaceMatch(options)}${addressMatch(target)}`,
      `counter log group ${options.group} queue-threshold 1${end}`,
    ),
  );
  return [
    'table inet specter_knock',
    'delete table inet specter_knock',
    'table inet specter_knock {',
    '    chain knocks {',
    '        type filter hook prerouting priority raw; policy accept;',
    ...rules.map((rule) => `        ${rule}`),
    '    }',
    '}',
  ];
}

function rulesFor(doors: readonly WatchedDoor[], match: string, action: string): string[] {
  const tcp = ports(doors, 'tcp');
  const udp = ports(doors, 'udp');
  const rules: string[] = [];
  if (tcp !== '') rules.push(`${match} tcp dport { ${tcp} } ${commonFlags(doors)}${action}`);
  if (udp !== '') rules.push(`${match} udp dport { ${udp} } ${action}`);
  return rules;
}

/** The flags that all doors with TCP steps ask for: others would be ignored by all of them. */
function commonFlags(doors: readonly WatchedDoor[]): string {
  const withTcp = doors.filter(({ steps }) => steps.some(({ protocol }) => protocol === 'tcp'));
  const [first, ...others] = withTcp.map(({ flags }) => flags);
  if (!first || first.size === 0) return '';
  const same = others.every((flags) => formatTcpFlags(flags) === formatTcpFlags(first));
  return same ? `${nftFlagsMatch(first)} ` : '';
}

function ports(doors: readonly WatchedDoor[], protocol: Step['protocol']): string {
  const steps = doors.flatMap((door) => door.steps.filter((step) => step.protocol === protocol));
  return [...new Set(steps.map(({ port }) => port))].sort((a, b) => a - b).join(', ');
}

const interfaceMatch = ({ interface: name }: NftRuleOptions): string =>
  name === undefined ? '' : `iifname "${name}" `;

function addressMatch(target: string | undefined): string {
  if (target === undefined) return 'fib daddr type local';
  return `${isIP(target) === 6 ? 'ip6' : 'ip'} daddr ${target}`;
}

const targetsFirst = (a: string | undefined, b: string | undefined): number =>
  Number(a === undefined) - Number(b === undefined);
