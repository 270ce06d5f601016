import { beforeEach, describe, expect, test } from 'vitest';
import { Pipeline } from '../../../src/daemon/pipeline.ts';
import type { StageServices } from '../../../src/daemon/stage.ts';
import { defineFilter, type StagePlugin } from '../../../src/plugins/api.ts';
import { key } from '../../../src/records/key.ts';
import type { LoggedLines } from '../plugins/fake-context.ts';
import type { FakePlugins } from './fake-plugins.ts';
import { PipelineBench, run } from './pipeline-bench.ts';

let plugins: FakePlugins;
let log: LoggedLines;
let services: StageServices;

beforeEach(() => {
  ({ plugins, log, services } = new PipelineBench());
});

describe('named filters', () => {
  /** `when` by the position of the plugin; a filter's name is its plugin's. */
  const branching = (
    stages: readonly [plugin: StagePlugin, instance: string, ...when: string[]][],
  ): Promise<Pipeline> => {
    const specs = stages.map(([plugin, instance, ...when]) => ({
      plugin,
      title: `${plugin.name} ${instance}`.trim(),
      instance,
      when,
      options: { tag: instance },
    }));
    return Pipeline.open(plugins.fakes.source, specs, services);
  };

  test('guard those that name them, and nobody else', async () => {
    const { odd, sink, sink2 } = plugins.fakes;
    const pipeline = await branching([
      [sink, 'before'],
      [odd, 'odd'],
      [sink2, 'odd', 'odd'],
      [sink2, 'all'],
    ]);
    plugins.take();
    run(pipeline, 1, 2, 3);
    expect(plugins.take()).toEqual(['SINKbefore 1 2 3', 'ODD', 'SINK2odd 1 3', 'SINK2all 1 2 3']);
  });

  test('run those that name them at their own place, one branch after the other', async () => {
    const { odd, sink, sink2 } = plugins.fakes;
    const pipeline = await branching([
      [odd, 'a'],
      [atLeast(2), 'b'],
      [sink, 'both', 'a', 'b'],
      [sink2, 'b', 'b'],
    ]);
    plugins.take();
    run(pipeline, 1, 2, 3);
    expect(plugins.take()).toEqual(['ODD', 'SINKboth 1 3', 'SINKboth 2 3', 'SINK2b 2 3']);
  });

  test('can stand behind each other', async () => {
    const { odd, sink } = plugins.fakes;
    const pipeline = await branching([
      [odd, 'a'],
      [atLeast(2), 'b', 'a'],
      [sink, 'ab', 'b'],
      [sink, 'a', 'a'],
    ]);
    plugins.take();
    run(pipeline, 1, 2, 3);
    expect(plugins.take()).toEqual(['ODD', 'SINKab 3', 'SINKa 1 3']);
  });

  test('have filters without a name guard the rest of their branch', async () => {
    const { odd, sink } = plugins.fakes;
    const pipeline = await branching([
      [odd, 'a'],
      [sink, 'first', 'a'],
      [atLeast(2), '', 'a'],
      [sink, 'second', 'a'],
    ]);
    plugins.take();
    run(pipeline, 1, 2, 3);
    expect(plugins.take()).toEqual(['ODD', 'SINKfirst 1 3', 'SINKsecond 3']);
  });

  test('have keys in their branch only', async () => {
    const { sink, sink2 } = plugins.fakes;
    const pipeline = await branching([
      [multiplying(2), 'a'],
      [sink, 'a', 'a'],
      [sink2, 'all'],
    ]);
    plugins.take();
    run(pipeline, 1, 2);
    expect(plugins.take()).toEqual(['SINKa 1:2 2:4', 'SINK2all 1 2']);
  });

  test('give back the keys of the filter that they stand behind', async () => {
    const { sink, sink2 } = plugins.fakes;
    const pipeline = await branching([
      [multiplying(2), 'a'],
      [multiplying(10), 'b', 'a'],
      [sink, 'b', 'b'],
      [sink2, 'a', 'a'],
      [sink2, 'all'],
    ]);
    plugins.take();
    run(pipeline, 1, 2);
    expect(plugins.take()).toEqual(['SINKb 1:10 2:20', 'SINK2a 1:2 2:4', 'SINK2all 1 2']);
  });

  test('take the keys of filters without a name with them', async () => {
    const { odd, sink } = plugins.fakes;
    const pipeline = await branching([
      [odd, 'a'],
      [atLeast(1), 'b'],
      [sink, 'before', 'a', 'b'],
      [multiplying(2), '', 'a', 'b'],
      [sink, 'behind', 'a', 'b'],
    ]);
    plugins.take();
    run(pipeline, 1, 2);
    expect(plugins.take()).toEqual([
      'ODD',
      'SINKbefore 1',
      'SINKbehind 1:2',
      'SINKbefore 1 2',
      'SINKbehind 1:2 2:4',
    ]);
  });

  test('let nothing into their branch when they fail, and the rest go on', async () => {
    const { odd, sink, sink2 } = plugins.fakes;
    const pipeline = await branching([
      [odd, 'a'],
      [sink, 'a', 'a'],
      [sink2, 'all'],
    ]);
    plugins.take();
    plugins.failing.add('ODD');
    run(pipeline, 1, 2);
    expect(plugins.take()).toEqual(['SINK2all 1 2']);
    expect(log.lines).toEqual(['counted: records held back by a failure: 2']);
  });
});

/** Provides the key that DOUBLE provides elsewhere, for the rows that reach it. */
const multiplying = (factor: number) =>
  defineFilter({
    kind: 'filter',
    name: 'MULTIPLYING',
    summary: '',
    options: {},
    reads: [{ name: 'n' }],
    provides: [key('n.double', 'u32', '')],
    open: ({ columns }) => {
      const [from, to] = [columns.readNumbers('n'), columns.numbers(key('n.double', 'u32', ''))];
      return {
        select: (batch) => {
          for (const row of batch.rows.subarray(0, batch.selected)) {
            to.set(row, factor * from.get(row));
          }
        },
      };
    },
  });

/** Lets numbers from `least` on pass. */
const atLeast = (least: number) =>
  defineFilter({
    kind: 'filter',
    name: 'LEAST',
    summary: '',
    options: {},
    reads: [{ name: 'n' }],
    provides: [],
    open: ({ columns }) => {
      const numbers = columns.readNumbers('n');
      return {
        select: (batch) => {
          const passing = batch.rows
            .subarray(0, batch.selected)
            .filter((row) => numbers.get(row) >= least);
          batch.rows.set(passing);
          batch.selected = passing.length;
        },
      };
    },
  });
