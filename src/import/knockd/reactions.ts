import { isIP } from 'node:net';
import type { DiagnosticList } from '../../config-grammar/index.ts';
import { type ExecCommand, translateByFamily, translateCommand } from './command.ts';
import type { Door, Reaction } from './door.ts';
import type { Field } from './fields.ts';
import type { Machine } from './machine.ts';

/** What a KNOCK leads to. A door has one for each set of commands. */
export interface Branch {
  /** The sources it is for; undefined: all. */
  readonly family: 'ip' | 'ip6' | undefined;
  readonly start: ExecCommand | undefined;
  readonly stop: ExecCommand | undefined;
  /** What the user should know, for comments. */
  readonly notes: readonly string[];
}

/** Programs that change rules for IPv4 only. */
const ipv4Only = /(^|[\s/;&|('"])iptables\b/;

/** The branches of a door; none when it does nothing for anybody. Warns of what will not work. */
export function branchesOf(door: Door, machine: Machine, diagnostics: DiagnosticList): Branch[] {
  const { trigger, target = '' } = door;
  // Who knocks at an address of one family has one of the same.
  const ip = isIP(target) === 6 ? undefined : door.ip;
  const ip6 = isIP(target) === 4 ? undefined : door.ip6;
  const notes = ip6 ? ipv6Notes(ip6, diagnostics) : [];
  const translate = (field: Field | undefined): ExecCommand | undefined => {
    if (!field) return undefined;
    const command = translateCommand(field.value, machine);
    for (const note of command?.notes ?? []) diagnostics.warning(field.valueRange, note);
    return command;
  };
  const branch = (family: Branch['family'], { start, stop }: Reaction): Branch => ({
    family,
    start: translate(start),
    stop: translate(stop),
    notes: family === 'ip' ? [] : notes,
  });
  const branches: Branch[] = [];
  if (ip && ip6 && sameCommands(ip, ip6)) branches.push(branch(undefined, ip));
  // Both families use up the same file, so one KNOCK has to serve them.
  else if (ip && ip6 && trigger.kind === 'file') branches.push(commonBranch(ip, ip6, notes));
  else {
    if (ip) branches.push(branch('ip', ip));
    if (ip6) branches.push(branch('ip6', ip6));
  }
  return branches.filter(({ start, stop }) => start || stop);
}

const sameCommands = (a: Reaction, b: Reaction): boolean =>
  a.start.value === b.start.value && a.stop?.value === b.stop?.value;

function commonBranch(ip: Reaction, ip6: Reaction, notes: readonly string[]): Branch {
  const choice = 'A script chooses between the commands for IPv6 and IPv4: they use up one file.';
  return {
    family: undefined,
    start: translateByFamily(ip.start.value, ip6.start.value),
    stop:
      ip.stop || ip6.stop
        ? translateByFamily(ip.stop?.value ?? '', ip6.stop?.value ?? '')
        : undefined,
    notes: [choice, ...notes],
  };
}

function ipv6Notes({ start, stop }: Reaction, diagnostics: DiagnosticList): string[] {
  const field = [start, stop].find((command) => command && ipv4Only.test(command.value));
  if (!field) return [];
  const message = 'iptables takes no IPv6 addresses, and this command is run for IPv6 sources too';
  diagnostics.warning(field.valueRange, message);
  return [`${message}: it will fail for them. \`knockfamily ip\` would leave them out.`];
}
