import { beforeEach, describe, expect, test } from 'vitest';
import { Pipeline } from '../../../src/daemon/pipeline.ts';
import type { StageServices, StageSpec } from '../../../src/daemon/stage.ts';
import { defineFilter, defineOutput, type StagePlugin } from '../../../src/plugins/api.ts';
import type { LoggedLines } from '../plugins/fake-context.ts';
import type { FakePlugins } from './fake-plugins.ts';
import { PipelineBench, run } from './pipeline-bench.ts';

let plugins: FakePlugins;
let log: LoggedLines;
let failures: string[];
/** What the plugins asked of the source, and how each ends what it asked for. */
let holds: string[];
let releases: (() => void)[];
let services: StageServices;

beforeEach(() => {
  ({ plugins, log, failures, holds, services } = new PipelineBench());
  releases = [];
});

function open(...stages: StagePlugin[]): Promise<Pipeline> {
  const specs: StageSpec[] = stages.map((plugin, i) => ({
    plugin,
    title: `${plugin.name} ${i}`,
    instance: '',
    when: [],
    options: { tag: '' },
  }));
  return Pipeline.open(plugins.fakes.source, specs, services);
}

describe('Pipeline', () => {
  test('opens inputs first and closes in the same order', async () => {
    const { double, sink, sink2 } = plugins.fakes;
    const pipeline = await open(sink, double, sink2);
    expect(plugins.take()).toEqual(['open DOUBLE', 'open SINK', 'open SINK2']);
    await pipeline.close();
    expect(plugins.take()).toEqual(['close DOUBLE', 'close SINK', 'close SINK2']);
    expect(failures).toEqual([]);
  });

  test('shows outputs the rows that the filters before them let pass', async () => {
    const { double, odd, sink, sink2 } = plugins.fakes;
    const pipeline = await open(double, sink, odd, sink2);
    plugins.take();
    run(pipeline, 1, 2, 3, 4, 5);
    expect(plugins.take()).toEqual([
      'DOUBLE',
      'SINK 1:2 2:4 3:6 4:8 5:10',
      'ODD',
      'SINK2 1:2 3:6 5:10',
    ]);
    run(pipeline, 2, 7);
    expect(plugins.take()).toEqual(['DOUBLE', 'SINK 2:4 7:14', 'ODD', 'SINK2 7:14']);
    expect(pipeline.decoded).toBe(7);
  });

  test('does not trouble an output with no rows', async () => {
    const { odd, sink } = plugins.fakes;
    const pipeline = await open(odd, sink);
    plugins.take();
    run(pipeline, 2, 4);
    expect(plugins.take()).toEqual(['ODD']);
  });

  test('neither opens nor runs an input that nobody reads from', async () => {
    const { double, odd } = plugins.fakes;
    const pipeline = await open(double, odd);
    run(pipeline, 1);
    await pipeline.close();
    expect(plugins.take()).toEqual(['open ODD', 'ODD']);
  });

  test('goes on with the other plugins when one throws', async () => {
    const { double, odd, sink, sink2 } = plugins.fakes;
    const pipeline = await open(double, odd, sink, sink2);
    plugins.take();
    plugins.failing.add('SINK 1:2');
    run(pipeline, 1);
    expect(plugins.take()).toEqual(['DOUBLE', 'ODD', 'SINK2 1:2']);
    plugins.failing.add('DOUBLE');
    run(pipeline, 1);
    expect(plugins.take()).toEqual(['ODD', 'SINK 1', 'SINK2 1']);
    expect(failures).toEqual(['SINK 2: SINK 1:2 failed', 'DOUBLE 0: DOUBLE failed']);
  });

  test('lets no row pass a filter that throws', async () => {
    const { sink, odd, sink2 } = plugins.fakes;
    const pipeline = await open(sink, odd, sink2);
    plugins.take();
    plugins.failing.add('ODD');
    run(pipeline, 1, 3);
    expect(plugins.take()).toEqual(['SINK 1 3']);
    expect(failures).toEqual(['ODD 1: ODD failed']);
    expect(log.lines).toEqual(['counted: records held back by a failure: 2']);
  });

  test('counts the rows that an output threw on', async () => {
    const pipeline = await open(plugins.fakes.sink);
    plugins.failing.add('SINK 1 2');
    run(pipeline, 1, 2);
    run(pipeline, 3);
    expect(pipeline.statistics()).toEqual([
      { title: 'SINK 0', counts: { written: 1, dropped: 2, errors: 1 } },
    ]);
  });

  test('passes on what plugins report as failed', async () => {
    const pipeline = await open(plugins.fakes.sink);
    run(pipeline, 13);
    expect(failures).toEqual(['SINK 0: unlucky']);
  });

  test('closes what is open when a plugin cannot be opened', async () => {
    const { double, sink, sink2 } = plugins.fakes;
    plugins.failing.add('open SINK2');
    await expect(open(double, sink, sink2, sink2)).rejects.toThrow('SINK2 2: open SINK2 failed');
    expect(plugins.take()).toEqual(['open DOUBLE', 'open SINK', 'close DOUBLE', 'close SINK']);
  });

  test('closes the instances of one plugin in turn, as listed', async () => {
    const steps: string[] = [];
    const slow = defineOutput({
      kind: 'output',
      name: 'SLOW',
      summary: '',
      options: {},
      reads: [],
      open: () => {
        const name = `${steps.push('open')}`;
        return {
          counters: { written: 0, dropped: 0, errors: 0 },
          write: () => {},
          close: async () => {
            steps.push(`close ${name}`);
            await new Promise(setImmediate);
            steps.push(`closed ${name}`);
          },
        };
      },
    });
    const pipeline = await open(slow, slow, plugins.fakes.sink);
    steps.length = 0;
    await pipeline.close();
    expect(steps).toEqual(['close 1', 'closed 1', 'close 2', 'closed 2']);
  });

  test('closes the others when a plugin fails to close', async () => {
    const { double, sink, sink2 } = plugins.fakes;
    const pipeline = await open(double, sink, sink2);
    plugins.take();
    plugins.failing.add('close SINK').add('close DOUBLE');
    await pipeline.close();
    expect(plugins.take()).toEqual(['close SINK2']);
    expect(failures).toEqual(['DOUBLE 0: close DOUBLE failed', 'SINK 1: close SINK failed']);
  });

  test('reopens all outputs, and says which cannot be', async () => {
    const { sink, odd, sink2 } = plugins.fakes;
    const pipeline = await open(sink, odd, sink2);
    plugins.take();
    plugins.failing.add('reopen SINK');
    pipeline.reopen();
    expect(plugins.take()).toEqual(['reopen SINK2']);
    expect(log.lines).toEqual([
      'error: cannot reopen, going on with the old file: reopen SINK failed',
    ]);
    expect(failures).toEqual([]);
  });

  test('tells the counters of its outputs by title', async () => {
    const { sink, odd, sink2 } = plugins.fakes;
    const pipeline = await open(sink, odd, sink2);
    run(pipeline, 1, 2);
    expect(pipeline.statistics()).toEqual([
      { title: 'SINK 0', counts: { written: 2, dropped: 0, errors: 0 } },
      { title: 'ODD 1', counts: { seen: 2, passed: 1 } },
      { title: 'SINK2 2', counts: { written: 1, dropped: 0, errors: 0 } },
    ]);
  });

  test('adds what plugins count themselves', async () => {
    const pipeline = await open(countingFilter, countingOutput());
    run(pipeline, 1);
    expect(pipeline.statistics()).toEqual([
      { title: 'COUNTING 0', counts: { seen: 1, passed: 1, evicted: 7 } },
      { title: 'HOLDING 1', counts: { written: 0, dropped: 0, errors: 0, 'timed out': 2 } },
    ]);
  });
});

describe('a plugin that holds the block', () => {
  test('has a batch of one record, so that those behind it can wait', async () => {
    expect((await open(plugins.fakes.sink)).batch.capacity).toBe(1024);
    expect((await open(plugins.fakes.sink, countingOutput())).batch.capacity).toBe(1);
  });

  test('ends its holds when it is closed, each once', async () => {
    const pipeline = await open(countingOutput());
    run(pipeline, 1);
    run(pipeline, 2);
    expect(holds).toEqual(['hold', 'hold']);
    releases[0]?.();
    releases[0]?.();
    expect(holds).toEqual(['hold', 'hold', 'release']);
    await pipeline.close();
    expect(holds).toEqual(['hold', 'hold', 'release', 'release']);
  });
});

const countingFilter = defineFilter({
  kind: 'filter',
  name: 'COUNTING',
  summary: '',
  options: {},
  reads: [],
  provides: [],
  open: () => ({ select: () => {}, details: () => ({ evicted: 7 }) }),
});

/** Holds the block at every record. */
const countingOutput = () =>
  defineOutput({
    kind: 'output',
    name: 'HOLDING',
    summary: '',
    options: {},
    reads: [],
    holds: () => true,
    open: ({ hold }) => ({
      counters: { written: 0, dropped: 0, errors: 0 },
      write: () => releases.push(hold()),
      details: () => ({ 'timed out': 2 }),
      close: async () => {},
    }),
  });
