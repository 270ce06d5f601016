import { quoteValue } from '../../config-grammar/index.ts';
import type { ExecCommand } from './command.ts';
import { comment } from './comment.ts';
import type { Door } from './door.ts';
import type { Branch } from './reactions.ts';
import type { SectionNames } from './section-names.ts';
import { formatSequence } from './sequence.ts';
import { formatTcpFlags } from './tcp-flags.ts';

/** What doors have in common. */
export interface DoorContext {
  readonly names: SectionNames;
  /** Whether hits of other doors' ports have to spoil an attempt. */
  readonly strict: boolean;
}

/** EXEC ends a command after this many seconds unless told otherwise, by at most a day. */
const EXEC_TIMEOUT = 30;
const LONGEST_EXEC_TIMEOUT = 86_400;

/** A door as sections: for each branch a KNOCK, and an EXEC that says `when` it. */
export function printDoor(door: Door, branches: readonly Branch[], context: DoorContext): string[] {
  const lines = door.comments.flatMap((text) => comment(text, 4));
  if (branches.length === 0) {
    const text = `Door ${door.name} of knockd ran no command: left out.`;
    return [...lines, ...comment(text, 4)];
  }
  branches.forEach((branch, index) => {
    if (index > 0) lines.push('');
    const suffix = branch.family === 'ip6' && branches.length > 1 ? '6' : '';
    const name = context.names.take(door.name, suffix);
    if (name !== `${door.name}${suffix}`) {
      lines.push(
        ...comment(`Door [${door.name}] of knockd, under a name that can be written here.`, 4),
      );
    }
    lines.push(...printKnock(door, branch, name, context), ...printExec(door, branch, name));
  });
  return lines;
}

function printKnock(door: Door, branch: Branch, name: string, context: DoorContext): string[] {
  const { trigger, timeout, flags, target } = door;
  const lines = branch.notes.flatMap((text) => comment(text, 4));
  lines.push(`    :KNOCK ${name}`);
  if (name !== door.name) lines.push(option('knockname', quoteValue(door.name)));
  if (trigger.kind === 'file') lines.push(option('knockfile', quoteValue(trigger.path)));
  else lines.push(option('knocksequence', quoteValue(formatSequence(trigger.steps))));
  lines.push(option('knocktimeout', `${timeout}s`));
  lines.push(option('knockflags', flags.size === 0 ? 'any' : formatTcpFlags(flags)));
  if (branch.family) lines.push(option('knockfamily', branch.family));
  if (target !== undefined) lines.push(option('knocktarget', target));
  if (context.strict) lines.push('        knockstrict');
  return lines;
}

/** knockd waits `cmd_timeout` behind the start command, as EXEC does before `execthen`. */
function printExec({ closeAfter }: Door, { start, stop }: Branch, name: string): string[] {
  const [first, then] = start ? [start, stop] : [stop, undefined];
  if (!first) return [];
  const lines = [`    :EXEC ${name}`, option('when', name)];
  const sleeps = Math.max(first.sleeps, then?.sleeps ?? 0);
  if (sleeps > 0) {
    const timeout = Math.min(sleeps + EXEC_TIMEOUT, LONGEST_EXEC_TIMEOUT);
    const text = 'It sleeps, and meanwhile counts against execmax; execdelay would not.';
    lines.push(...comment(text, 8), option('exectimeout', `${timeout}s`));
  }
  lines.push(...printCommand('execstr', first));
  if (first === stop || then) lines.push(option('execdelay', `${closeAfter}s`));
  if (then) lines.push(...printCommand('execthen', then));
  return lines;
}

function printCommand(name: string, { execstr, notes, comment: own }: ExecCommand): string[] {
  const texts = [...(own ? [own] : []), ...notes.map((note) => `${note}.`)];
  return [...texts.flatMap((text) => comment(text, 8)), option(name, execstr)];
}

const option = (name: string, value: string): string => `        ${name} ${value}`;
