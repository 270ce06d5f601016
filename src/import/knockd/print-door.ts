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

/** A door as sections: for each branch a KNOCK, and EXECs that say `when` it. */
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
    lines.push(...printKnock(door, branch, name, context), ...printExecs(door, branch, name));
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

function printExecs(door: Door, branch: Branch, name: string): string[] {
  const { start, stop } = branch;
  const lines = start ? printExec(start, name, name, []) : [];
  if (!stop) return lines;
  // EXEC starts both at once when there is no time between them.
  const after = Math.max(door.closeAfter, 1);
  const note =
    door.closeAfter < 1 ? comment('knockd: at once, when the start command has ended.', 8) : [];
  const delay = [...note, option('execdelay', `${after}s`)];
  return [...lines, ...printExec(stop, `${name} close`, name, delay)];
}

function printExec(
  command: ExecCommand,
  instance: string,
  when: string,
  more: readonly string[],
): string[] {
  const { execstr, sleeps, notes, comment: own } = command;
  const lines = [`    :EXEC ${instance}`, option('when', when), ...more];
  if (own) lines.push(...comment(own, 8));
  for (const note of notes) lines.push(...comment(`${note}.`, 8));
  if (sleeps > 0) {
    const timeout = Math.min(sleeps + EXEC_TIMEOUT, LONGEST_EXEC_TIMEOUT);
    const text =
      'It sleeps, and meanwhile counts against execmax; a second EXEC with execdelay would not.';
    lines.push(...comment(text, 8), option('exectimeout', `${timeout}s`));
  }
  lines.push(option('execstr', execstr));
  return lines;
}

const option = (name: string, value: string): string => `        ${name} ${value}`;
