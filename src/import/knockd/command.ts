import { execString } from './exec-string.ts';
import type { Machine } from './machine.ts';
import { findProgram } from './program.ts';
import { ADDRESS, markAddress, plainCommand, scriptOf } from './shell-command.ts';

/** A command of knockd in the terms of EXEC. */
export interface ExecCommand {
  /** Value of the option `execstr`. */
  readonly execstr: string;
  /** Seconds that it says it will sleep. */
  readonly sleeps: number;
  /** What the user should know about it, for comments and warnings. */
  readonly notes: readonly string[];
  /** A comment of the command's own. */
  readonly comment: string | undefined;
}

const SHELL = '/bin/sh';

/**
 * Tells from the address which of two scripts to run: `$2` for IPv6, `$3` for IPv4. They are
 * arguments, so that neither can get mixed up with the other.
 */
const byFamily =
  'case "$1" in *:*) exec /bin/sh -c "$2" sh "$1" ;; *) exec /bin/sh -c "$3" sh "$1" ;; esac';

/** Translates a command; undefined for one that does nothing. */
export function translateCommand(written: string, machine: Machine): ExecCommand | undefined {
  const command = markAddress(written);
  const plain = plainCommand(command);
  if (plain === undefined) {
    const words = [SHELL, '-c', scriptOf(command)];
    if (command.includes(ADDRESS)) words.push('sh', ADDRESS);
    return { execstr: execString(words), sleeps: sleepsOf(command), notes: [], comment: undefined };
  }
  const [name, ...args] = plain.words;
  if (name === undefined) return undefined;
  const { path, note } = findProgram(name, machine);
  return {
    execstr: execString([path, ...withoutAddress(name, args)]),
    sleeps: sleepsOf(command),
    notes: note === undefined ? [] : [note],
    comment: plain.comment,
  };
}

/** One command that does for each address family what its own would; an empty one does nothing. */
export function translateByFamily(ip: string, ip6: string): ExecCommand {
  const scripts = [ip6, ip].map((command) => scriptOf(markAddress(command)));
  return {
    execstr: execString([SHELL, '-c', byFamily, 'sh', ADDRESS, ...scripts]),
    sleeps: Math.max(sleepsOf(ip), sleepsOf(ip6)),
    notes: [],
    comment: undefined,
  };
}

/** The arguments of a program; a script that a shell is given finds the address in `$1` as well. */
function withoutAddress(program: string, args: readonly string[]): readonly string[] {
  const [option, script = '', ...more] = args;
  const isScript = /(^|\/)(ba|da|k|z)?sh$/.test(program) && option === '-c' && more.length === 0;
  if (!isScript || !script.includes(ADDRESS)) return args;
  return ['-c', scriptOf(script), 'sh', ADDRESS];
}

function sleepsOf(command: string): number {
  const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
  let seconds = 0;
  for (const [, number, unit] of command.matchAll(/\bsleep\s+(\d{1,6})([smhd]?)\b/g)) {
    seconds += Number(number) * (units[unit ?? ''] ?? 1);
  }
  return seconds;
}
