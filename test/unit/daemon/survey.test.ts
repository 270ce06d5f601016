import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { BlockSet } from '../../../src/daemon/block-set.ts';
import { surveyStages } from '../../../src/daemon/survey.ts';
import { ReceiveRing } from '../../../src/netlink/index.ts';
import { defineOptions, defineOutput, type StagePlugin } from '../../../src/plugins/api.ts';
import { fakeHost, LoggedLines } from '../plugins/fake-context.ts';
import { ManualLoop } from '../plugins/source/fake-group.ts';
import { FakePlugins } from './fake-plugins.ts';

/** A survey that a plugin has begun. */
interface Asked {
  readonly keys: readonly string[];
  answer(...keys: string[]): void;
  refuse(message: string): void;
}

let plugins: FakePlugins;
/** By tag. */
let asked: Map<string, Asked>;
let table: StagePlugin;
let stop: AbortController;

beforeEach(() => {
  plugins = new FakePlugins();
  asked = new Map();
  stop = new AbortController();
  table = defineOutput({
    kind: 'output',
    name: 'TABLE',
    summary: 'asks which keys it reads',
    options: defineOptions({ tag: { type: 'string', default: '', help: 'which' } }),
    reads: [],
    survey: ({ options: { tag }, keys }) => {
      plugins.note(`survey ${tag}`);
      return new Promise((resolve, reject) => {
        asked.set(tag, {
          keys: keys.map(({ name }) => name),
          answer: (...names) => resolve(names),
          refuse: (message) => reject(new Error(message)),
        });
      });
    },
    open: ({ options: { tag }, surveyed, columns }) => {
      const found = surveyed.filter((name) => columns.find(name));
      plugins.note(['open', tag, ...found].join(' '));
      return {
        counters: { written: 0, dropped: 0, errors: 0 },
        write: () => {},
        close: async () => plugins.note(`close ${tag}`),
      };
    },
  });
  plugins.addStage({ kind: 'builtin', name: 'TABLE' }, table);
});
afterEach(() => {
  vi.useRealTimers();
});

/** Lets everything happen that waits for nothing else. */
const settle = (): Promise<void> => new Promise(setImmediate);

describe('surveyStages', () => {
  const spec = (tag: string) => ({
    plugin: table,
    title: `TABLE ${tag}`,
    instance: tag,
    when: [],
    options: { tag },
  });
  const survey = (...tags: string[]) =>
    surveyStages(
      plugins.fakes.source,
      tags.map(spec),
      { block: { block: '5', group: 5, host: fakeHost() }, log: () => new LoggedLines() },
      stop.signal,
    );

  test('asks all plugins at the same time', async () => {
    const surveyed = survey('a', 'b');
    expect(plugins.take()).toEqual(['survey a', 'survey b']);
    expect(asked.get('a')?.keys).toEqual(['n']);
    asked.get('b')?.answer('n');
    asked.get('a')?.answer();
    expect((await surveyed).map((stage) => stage.surveyed)).toEqual([[], ['n']]);
  });

  test('tells of all that fail, with what they threw', async () => {
    const surveyed = survey('a', 'b', 'c');
    asked.get('c')?.refuse('no table');
    asked.get('a')?.refuse('no server');
    asked.get('b')?.answer();
    await expect(surveyed).rejects.toMatchObject({
      message: 'TABLE a: no server\nTABLE c: no table',
      errors: [{ cause: { message: 'no server' } }, { cause: { message: 'no table' } }],
    });
  });

  test('waits 30 s for an answer, and no longer', async () => {
    vi.useFakeTimers();
    const surveyed = survey('a', 'b').catch((error: unknown) => error);
    asked.get('b')?.answer('n');
    await vi.advanceTimersByTimeAsync(29_999);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(await surveyed).toHaveProperty('message', 'TABLE a: no answer within 30 s');
    // What comes of it later is nobody's business: no unhandled rejection.
    asked.get('a')?.refuse('connect ETIMEDOUT');
    await vi.advanceTimersByTimeAsync(1);
  });

  test('leaves no timer behind', async () => {
    vi.useFakeTimers();
    const surveyed = survey('a', 'b').catch(() => {});
    asked.get('a')?.answer();
    asked.get('b')?.refuse('no server');
    await surveyed;
    expect(vi.getTimerCount()).toBe(0);
  });

  test('ends when it is stopped', async () => {
    const surveyed = survey('a', 'b');
    asked.get('a')?.refuse('no server');
    const reason = new Error('SIGTERM');
    stop.abort(reason);
    await expect(surveyed).rejects.toBe(reason);
    plugins.take();
    await expect(survey('a')).rejects.toBe(reason);
    expect(plugins.take()).toEqual([]);
  });
});

describe('BlockSet, surveying,', () => {
  let log: LoggedLines;
  let loop: ManualLoop;
  let blocks: BlockSet;

  beforeEach(() => {
    log = new LoggedLines();
    loop = new ManualLoop();
    const services = {
      log: () => log,
      source: {
        host: fakeHost(),
        loop,
        ring: (slotSize: number) => new ReceiveRing({ slots: 1, slotSize }),
        receiveBuffer: 4096,
      },
      fail: () => {},
    };
    const fatal = (message: string): void => log.error(message);
    blocks = new BlockSet(services, {
      debug: (message) => log.debug(message),
      info: (message) => log.info(message),
      notice: (message) => log.notice(message),
      error: (message) => log.error(message),
      fatal,
    });
  });
  afterEach(() => loop.stop());

  const tables = (...tags: string[]): string =>
    tags.map((tag) => `${tag.charCodeAt(0)} {\n  plugin TABLE\n  tag ${tag}\n}\n`).join('');
  const open = (text: string) => blocks.open(plugins.config(text).blocks, plugins, stop.signal);
  const change = (text: string) => blocks.change(plugins.config(text).blocks, plugins, stop.signal);
  const opened = async (...tags: string[]): Promise<void> => {
    const opening = open(tables(...tags));
    for (const tag of tags) asked.get(tag)?.answer();
    await opening;
    plugins.take();
  };

  test('surveys all blocks at the same time, before anything is opened', async () => {
    const opening = open(tables('a', 'b'));
    await settle();
    expect(plugins.take()).toEqual(['survey a', 'survey b']);
    asked.get('b')?.answer('n');
    await settle();
    expect(plugins.take()).toEqual([]);
    asked.get('a')?.answer();
    await opening;
    expect(plugins.take()).toEqual(['open a', 'open source', 'open b n', 'open source']);
  });

  test('tells of all blocks that fail, and opens none', async () => {
    const opening = open(tables('a', 'b', 'c'));
    asked.get('a')?.refuse('no server');
    asked.get('b')?.answer();
    asked.get('c')?.refuse('no table');
    await expect(opening).rejects.toThrow('block 97: TABLE: no server\nblock 99: TABLE: no table');
    expect(plugins.take()).toEqual(['survey a', 'survey b', 'survey c']);
    expect(blocks.size).toBe(0);
  });

  test('stops a start that waits', async () => {
    const opening = open(tables('a'));
    const reason = new Error('SIGTERM');
    stop.abort(reason);
    await expect(opening).rejects.toBe(reason);
    expect(plugins.take()).toEqual(['survey a']);
  });

  test('surveys what a reload changes or adds, before it changes anything', async () => {
    await opened('a', 'b');
    const changing = change(`${tables('a')}${tables('b').replace('tag b', 'tag B')}${tables('c')}`);
    await settle();
    expect(plugins.take()).toEqual(['survey B', 'survey c']);
    asked.get('B')?.refuse('no server');
    await settle();
    expect(plugins.take()).toEqual([]);
    asked.get('c')?.answer('n');
    expect(await changing).toBe(1);
    expect(plugins.take()).toEqual(['open c n', 'open source', 'source start']);
    expect(log.lines).toEqual([
      'error: block 98: TABLE: no server; it runs on as before',
      'notice: block 99: added',
    ]);
  });

  test('stops a reload that waits; everything is as before', async () => {
    await opened('a');
    const changing = change(tables('b'));
    const reason = new Error('SIGTERM');
    stop.abort(reason);
    await expect(changing).rejects.toBe(reason);
    expect(plugins.take()).toEqual(['survey b']);
    expect([blocks.size, log.lines]).toEqual([1, []]);
  });

  test('has as many blocks as there are, without a warning of Node', async () => {
    const warnings: Error[] = [];
    const warned = (warning: Error): unknown => warnings.push(warning);
    process.on('warning', warned);
    await opened(...'abcdefghijklmnop');
    await settle();
    process.off('warning', warned);
    expect(warnings).toEqual([]);
  });
});
