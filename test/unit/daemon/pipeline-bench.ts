import type { Pipeline } from '../../../src/daemon/pipeline.ts';
import type { StageServices } from '../../../src/daemon/stage.ts';
import { key } from '../../../src/records/key.ts';
import { fakeHost, LoggedLines } from '../plugins/fake-context.ts';
import { FakePlugins } from './fake-plugins.ts';

/** What a pipeline of fake plugins works with, and what became of that. */
export class PipelineBench {
  readonly plugins = new FakePlugins();
  readonly log = new LoggedLines();
  readonly failures: string[] = [];
  /** What the plugins asked of the source. */
  readonly holds: string[] = [];
  readonly services: StageServices = {
    log: () => this.log,
    block: { block: '5', group: 5, host: fakeHost() },
    hold: () => {
      this.holds.push('hold');
      return () => this.holds.push('release');
    },
    fail: (title, error) => this.failures.push(`${title}: ${error.message}`),
  };
}

/** Sends rows with these values of `n` through. */
export function run(pipeline: Pipeline, ...numbers: number[]): void {
  const { batch } = pipeline;
  batch.begin(Buffer.alloc(0));
  const column = batch.columns.numbers(key('n', 'u32', ''));
  for (const value of numbers) column.set(batch.count++, value);
  pipeline.run();
}
