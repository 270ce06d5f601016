import type { Invocation } from '../../../../../src/plugins/output/exec/invocation.ts';
import type { CommandEnd, OnCommandEnd } from '../../../../../src/plugins/output/exec/process.ts';
import { Runner, type RunnerOptions } from '../../../../../src/plugins/output/exec/runner.ts';

export const success: CommandEnd = {
  code: 0,
  signal: undefined,
  timedOut: false,
  duration: 1,
  output: new Uint8Array(0),
  more: 0,
};
export const command = (name: string, size = 1): Invocation => ({
  argv: [name],
  env: {},
  encoding: 'utf8',
  size,
});

/** A runner whose commands run until the test ends them. */
export class Bench {
  readonly started: string[] = [];
  readonly terminated: string[] = [];
  readonly failed: string[] = [];
  readonly abandoned: string[] = [];
  /** Holds that have not been released. */
  holds = 0;
  readonly #running = new Map<string, OnCommandEnd>();
  readonly runner: Runner;

  readonly #isDelayed: boolean;

  constructor(options: Partial<RunnerOptions> = {}) {
    this.#isDelayed = (options.delay ?? 0) > 0;
    this.runner = new Runner(
      {
        start: ({ argv: [name = ''] }, onEnd) => {
          this.started.push(name);
          this.#running.set(name, onEnd);
          return { terminate: () => this.terminated.push(name) };
        },
        max: 2,
        queue: 3,
        delay: 0,
        hold: () => {
          this.holds++;
          return () => {
            this.holds--;
          };
        },
        ...options,
      },
      {
        ended: () => {},
        failed: (_task, error) => {
          this.failed.push(error.message);
          return error.message === 'too many processes';
        },
        abandoned: ({ invocation }) => this.abandoned.push(...invocation.argv),
      },
    );
  }

  /** Adds while there is room; returns the names that found none. */
  add(...names: string[]): string[] {
    return names.filter((name) => {
      if (!this.runner.hasRoom(this.#isDelayed)) return true;
      this.runner.add({ invocation: command(name) });
      return false;
    });
  }

  /** Adds a command `name`, and `-name` to follow it. */
  addPair(name: string): void {
    this.runner.add({ invocation: command(name), undo: command(`-${name}`) });
  }

  async end(name: string, end: CommandEnd | Error = success): Promise<void> {
    this.#running.get(name)?.(end);
    await turns();
  }
}

/** One turn of the event loop. */
export const turn = async () =>
  await new Promise<void>((resolve) => {
    setImmediate(resolve);
  });

/** As many turns as it takes until nothing more happens. */
export const turns = async () => {
  for (let count = 0; count < 8; count++) await turn();
};
