import type { Batch } from '../../../records/batch.ts';
import {
  type Counts,
  defineOutput,
  type OutputContext,
  type OutputCounters,
  type OutputInstance,
} from '../../api.ts';
import { parseCommand } from './command.ts';
import { Environment, USUAL_KEYS } from './environment.ts';
import { Expansion, type Refusal } from './expansion.ts';
import { type Invocation, invocationOf } from './invocation.ts';
import { Once } from './once.ts';
import { check, type ExecValues, findAccount, onceOptions, options, readsOf } from './options.ts';
import { type CommandEnd, commandStarter, KILL_DELAY_MS, type StartCommand } from './process.ts';
import { CommandReports, commandText, programText } from './report.ts';
import { Runner, type Task } from './runner.ts';

/** What the log says about records without a command line. */
const refusals: Readonly<Record<Refusal, string>> = {
  absent: 'records skipped: they lack a value that the command names',
  nul: 'records skipped: a value has a NUL byte, which no argument can have',
  option: 'records refused: a value would begin an argument with "-"; put -- before it',
  long: 'records refused: an argument would be longer than 128 KiB',
};

/** The system is short of something, or the program is just being written: will pass. */
const PASSING_ERRORS = new Set(['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM', 'ETXTBSY']);
/** The record's values are at fault: the next record may have others. */
const TOO_LONG = 'E2BIG';

/** Time that `close` takes beyond `exectimeout`: KILL comes after two seconds. */
const CLOSE_RESERVE_MS = KILL_DELAY_MS + 1000;

/** Runs a command for each row. */
export class Exec implements OutputInstance {
  readonly counters: OutputCounters = { written: 0, dropped: 0, errors: 0 };
  readonly closeTimeout: number;
  readonly #context: OutputContext<ExecValues>;
  readonly #expansion: Expansion;
  /** Of `execthen`. */
  readonly #thenExpansion: Expansion | undefined;
  readonly #environment: Environment;
  readonly #once: Once | undefined;
  readonly #runner: Runner;
  readonly #reports: CommandReports;
  #suppressed = 0;
  /** Commands of `execthen` that ran to their end, and those that could not. */
  #followed = 0;
  #notFollowed = 0;
  #notStarted = 0;
  #failed = 0;
  #timedOut = 0;

  /** @throws Error when commands cannot be run as the user of `execuser` */
  constructor(context: OutputContext<ExecValues>, start: StartCommand = starterFor(context)) {
    const { columns, log } = context;
    const values = context.options;
    this.#context = context;
    this.closeTimeout = 2 * (values.exectimeout + CLOSE_RESERVE_MS);
    const expansionOf = (text: string) => {
      const words = parseCommand(text).words.map(({ template }) => template);
      return new Expansion(words, columns, {
        force: values.execforce,
        onNul: () => log.counted('values replaced by "invalid" because they have a NUL byte', 1),
      });
    };
    this.#expansion = expansionOf(values.execstr);
    if (values.execthen !== undefined) this.#thenExpansion = expansionOf(values.execthen);
    const { block, group } = context;
    const keys = values.execenv ?? USUAL_KEYS;
    this.#environment = new Environment({ keys, block, group }, columns);
    const once = onceOptions(values);
    if (once) this.#once = new Once(once, columns);
    this.#reports = new CommandReports(log);
    this.#runner = new Runner(
      {
        start,
        max: values.execwait ? 1 : values.execmax,
        queue: values.execqueue,
        delay: values.execdelay,
        hold: values.execwait ? () => context.hold() : undefined,
      },
      {
        ended: (task, end) => this.#ended(task, end),
        failed: (task, error) => this.#couldNotStart(task, error),
        abandoned: (task) => this.#abandoned(task),
      },
    );
  }

  details(): Counts {
    const { running, waiting, delayed } = this.#runner;
    return {
      started: this.counters.written + this.#followed + running,
      running,
      waiting,
      delayed,
      followed: this.#followed,
      'not followed': this.#notFollowed,
      suppressed: this.#suppressed,
      'not started': this.#notStarted,
      failed: this.#failed,
      'timed out': this.#timedOut,
      forgotten: this.#once?.evictions ?? 0,
    };
  }

  write(batch: Batch): void {
    const { selected } = batch;
    for (let i = 0; i < selected; i++) this.#take(batch.row(i));
  }

  /**
   * Runs what is delayed or waits; what has not ended after `exectimeout` is ended, and the rest
   * given up. What was delayed has that time once more.
   */
  close(): Promise<void> {
    return this.#runner.close(this.#context.options.exectimeout);
  }

  #take(row: number): void {
    const once = this.#once?.judge(row);
    if (once === 'suppressed') {
      this.#suppressed++;
      return;
    }
    if (once === 'absent') {
      this.#drop('records skipped: they lack a key of execonce', 1);
      return;
    }
    if (!this.#runner.hasRoom(this.#isDelayed)) {
      this.#drop('records dropped: execqueue is full', 1);
      return;
    }
    // Nothing is done that could not be undone.
    const refusal = this.#expansion.expand(row) ?? this.#thenExpansion?.expand(row);
    if (refusal !== undefined) {
      this.#drop(refusals[refusal], 1);
      return;
    }
    this.#environment.collect(row);
    const undo = this.#thenExpansion && invocationOf(this.#thenExpansion, this.#environment);
    this.#runner.add({ invocation: invocationOf(this.#expansion, this.#environment), undo });
    this.#once?.note();
  }

  #drop(event: string, count: number): void {
    this.counters.dropped += count;
    this.#context.log.counted(event, count);
  }

  get #isDelayed(): boolean {
    return this.#context.options.execdelay > 0 && !this.#thenExpansion;
  }

  #ended({ invocation, follows }: Task, end: CommandEnd): void {
    if (follows) this.#followed++;
    else this.counters.written++;
    if (end.timedOut) this.#timedOut++;
    else if (end.code !== 0) this.#failed++;
    if (!end.timedOut && end.code === 0) {
      this.#reports.succeeded(invocation, end);
      return;
    }
    this.counters.errors++;
    this.#reports.failed(invocation, end);
  }

  #abandoned({ invocation, follows }: Task): void {
    if (!follows) {
      this.#drop('commands given up: specter ends and they did not get their turn', 1);
      return;
    }
    this.#notFollowed++;
    this.counters.errors++;
    this.#context.log.error(
      `${commandText(invocation)}: given up, specter ends: nothing is undone`,
    );
  }

  /** Tells whether a later try may succeed. */
  #couldNotStart({ invocation, follows }: Task, error: Error): boolean {
    const { log } = this.#context;
    const code = 'code' in error ? String(error.code) : '';
    const willPass = PASSING_ERRORS.has(code);
    this.#notStarted++;
    this.counters.errors++;
    if (follows && willPass) {
      log.counted(`commands of execthen not started, to be tried again: ${error.message}`, 1);
      return true;
    }
    if (follows) {
      this.#notFollowed++;
      log.error(`${commandText(invocation)}: cannot be started: nothing is undone`);
    } else this.counters.dropped++;
    if (willPass || code === TOO_LONG) log.counted(`commands not started: ${error.message}`, 1);
    else {
      // No value of the record: with errignore the log counts what has the same message.
      const message = `cannot start ${programText(invocation)}: ${error.message}`;
      this.#context.fail(new Error(message, { cause: error }));
    }
    return willPass;
  }
}

/** @throws Error when specter may not become that user */
function starterFor({ options, host, log }: OutputContext<ExecValues>): StartCommand {
  const { exectimeout: timeout, execuser } = options;
  const onDenied = (invocation: Invocation): void =>
    log.error(
      `${commandText(invocation)}: runs on and keeps its place: it cannot be ended, since it runs ` +
        'as another user, and specter lacks the capability kill',
    );
  const own = { timeout, account: undefined, onDenied };
  if (execuser === undefined) return commandStarter(own);
  const account = findAccount(execuser);
  if (!account) throw new Error(`execuser: there is no user ${execuser}`);
  const { uid, gid } = account;
  if (host.uid === uid) return commandStarter(own);
  if (host.uid === 0) return commandStarter({ ...own, account: { uid, gid } });
  throw new Error(
    `execuser ${execuser}: only root can run commands as somebody else, and specter is user ` +
      `${host.uid}; leave out execuser, or the global option user`,
  );
}

export const exec = defineOutput({
  kind: 'output',
  name: 'EXEC',
  summary: 'runs a command for each packet, without a shell, within bounds',
  options,
  reads: [],
  check,
  readsOf,
  holds: ({ execwait }) => execwait,
  open: (context) => new Exec(context),
});
