import { readDuration } from '../../../config-grammar/index.ts';
import { type Account, accountByName, accountByUid } from '../../../libc/accounts.ts';
import {
  defineOptions,
  type KeyRequirement,
  type OptionValues,
  type ValueProblem,
} from '../../api.ts';
import { checkProgram, parseCommand } from './command.ts';
import { USUAL_KEYS } from './environment.ts';
import type { OnceOptions } from './once.ts';

export const options = defineOptions({
  execstr: {
    type: 'string',
    rest: true,
    required: true,
    help:
      'command to run: the path of a program and its arguments, in quotes as for a shell but run without one; ' +
      'macros: %I %O interfaces, %S %D addresses, %P protocol, %s %d ports, %i ICMP type, %{key}, %% for %; ' +
      'a text that begins an argument and itself begins with - is refused unless -- stands before it',
  },
  execthen: {
    type: 'string',
    rest: true,
    help: 'command that undoes what execstr did, in the same form: run execdelay after that has ended',
  },
  execforce: {
    type: 'flag',
    help: 'run the command also for packets that lack a value, with the word "invalid" in its place',
  },
  execwait: {
    type: 'flag',
    help: 'run one command at a time, and let later packets of the block wait until it has ended',
  },
  execmax: {
    type: 'integer',
    min: 1,
    max: 1024,
    default: 4,
    help: 'commands that run at the same time',
  },
  execqueue: {
    type: 'integer',
    min: 0,
    max: 1_000_000,
    default: 1000,
    help: 'commands that wait for their turn, and as many that wait for execdelay; more are dropped',
  },
  exectimeout: {
    type: 'duration',
    min: 10,
    max: 86_400_000,
    default: '30s',
    help: 'a command that takes longer is ended, with all its children: TERM, after two seconds KILL',
  },
  execonce: {
    type: 'list',
    of: { type: 'string' },
    help: 'keys and a time, as in "ip.saddr 10s": at most one command in that time for the same values',
  },
  execdelay: {
    type: 'duration',
    default: '0s',
    help:
      'time that each command waits before it runs; with execthen, time from the end of the one ' +
      'command to the other; at the end of specter all that are delayed run at once',
  },
  execuser: {
    type: 'string',
    help: 'user to run commands as, by name or number; specter has to be root for that',
  },
  execenv: {
    type: 'list',
    of: { type: 'string' },
    help: 'keys that commands get in their environment, ip.saddr as SPECTER_IP_SADDR; by default the usual ones',
  },
});

export type ExecValues = OptionValues<typeof options>;

/** Problems of values that each have their form. */
export function check(values: ExecValues): readonly ValueProblem[] {
  const { execqueue, execdelay } = values;
  const problems = commandsOf(values).flatMap(([option, text]) => problemsOfCommand(option, text));
  if (execdelay > 0 && execqueue === 0) {
    const message = 'with execdelay, execqueue has to be at least 1: commands wait in it';
    problems.push({ option: 'execqueue', message });
  }
  const once = problemOfOnce(values);
  if (once) problems.push(once);
  const user = problemOfUser(values);
  if (user) problems.push(user);
  return problems;
}

/** The options that have commands, with their text. */
function commandsOf({
  execstr,
  execthen,
}: ExecValues): (readonly [option: string, text: string])[] {
  const then = execthen === undefined ? [] : [['execthen', execthen] as const];
  return [['execstr', execstr], ...then];
}

function problemsOfCommand(option: string, text: string): ValueProblem[] {
  const command = parseCommand(text);
  const program = checkProgram(command);
  const problems = [...command.problems, ...(program ? [program] : [])];
  return problems.map((problem) => ({ option, ...problem }));
}

function problemOfOnce({ execonce }: ExecValues): ValueProblem | undefined {
  const option = 'execonce';
  const last = execonce?.at(-1);
  if (execonce === undefined || last === undefined) return undefined;
  const item = execonce.length - 1;
  const time = readDuration(last);
  if (!time.ok) {
    return { option, item, message: `option "execonce" ends with a time: it ${time.problem}` };
  }
  if (time.value > 0 && item > 0) return undefined;
  const message =
    item === 0
      ? 'option "execonce" needs keys before the time, such as ip.saddr 10s'
      : 'the time of option "execonce" has to be longer than nothing';
  return { option, item, message };
}

function problemOfUser({ execuser }: ExecValues): ValueProblem | undefined {
  if (execuser === undefined) return undefined;
  try {
    if (findAccount(execuser)) return undefined;
    return { option: 'execuser', message: `there is no user ${execuser}` };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { option: 'execuser', message };
  }
}

/** The account of a user by name or number. */
export const findAccount = (user: string): Account | undefined =>
  /^\d{1,10}$/.test(user) ? accountByUid(Number(user)) : accountByName(user);

/** The values of `execonce`, once they have been checked. */
export function onceOptions({ execonce }: ExecValues): OnceOptions | undefined {
  const last = execonce?.at(-1);
  if (execonce === undefined || last === undefined) return undefined;
  const time = readDuration(last);
  return time.ok ? { keys: execonce.slice(0, -1), duration: time.value } : undefined;
}

/** Keys that are read because of the values: macros, execonce and execenv. */
export function readsOf(values: ExecValues): readonly KeyRequirement[] {
  const commands = commandsOf(values).flatMap(([option, text]) => readsOfCommand(option, text));
  return [...commands, ...readsOfOnce(values), ...readsOfEnvironment(values)];
}

function readsOfCommand(option: string, text: string): KeyRequirement[] {
  const reads: KeyRequirement[] = [];
  for (const { template } of parseCommand(text).words) {
    for (const part of template) {
      if (typeof part === 'string') continue;
      const { keys, offset, length } = part;
      const [first, ...others] = keys;
      const place = { option, offset, length };
      reads.push({ key: first, ...place });
      for (const key of others) reads.push({ key, optional: true, ...place });
    }
  }
  return reads;
}

function readsOfOnce(values: ExecValues): KeyRequirement[] {
  const option = 'execonce';
  const once = onceOptions(values);
  if (!once) return [];
  return [
    ...once.keys.map((key, item) => ({ key, option, item })),
    { key: 'oob.time.sec', option },
    { key: 'oob.time.usec', option },
  ];
}

function readsOfEnvironment({ execenv }: ExecValues): KeyRequirement[] {
  const option = 'execenv';
  if (execenv) return execenv.map((key, item) => ({ key, option, item }));
  return USUAL_KEYS.map((key) => ({ key, option, optional: true }));
}
