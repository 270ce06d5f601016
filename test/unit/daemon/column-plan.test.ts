import { describe, expect, test } from 'vitest';
import { planColumns } from '../../../src/daemon/column-plan.ts';
import {
  defineFilter,
  defineInput,
  defineOptions,
  defineOutput,
  defineSource,
  type KeyUse,
  type SourcePlugin,
  type StagePlugin,
} from '../../../src/plugins/api.ts';
import { base } from '../../../src/plugins/input/base/index.ts';
import { local } from '../../../src/plugins/input/local.ts';
import { logemu } from '../../../src/plugins/output/logemu.ts';
import { nflog } from '../../../src/plugins/source/nflog/index.ts';
import { key } from '../../../src/records/key.ts';

const never = () => {
  throw new Error('not to be opened');
};
const common = { summary: '', options: {}, open: never };
const keys = (names: readonly string[]) => names.map((name) => key(name, 'u32', ''));
const uses = (reads: readonly (string | KeyUse)[]) =>
  reads.map((use) => (typeof use === 'string' ? { name: use } : use));

const source = (...provides: string[]) =>
  defineSource({ kind: 'source', name: 'S', provides: keys(provides), ...common });
const input = (name: string, reads: readonly (string | KeyUse)[], provides: readonly string[]) =>
  defineInput({ kind: 'input', name, reads: uses(reads), provides: keys(provides), ...common });
const filter = (reads: readonly string[], provides: readonly string[] = []) =>
  defineFilter({
    kind: 'filter',
    name: 'F',
    reads: uses(reads),
    provides: keys(provides),
    ...common,
  });
const output = (...reads: string[]) =>
  defineOutput({ kind: 'output', name: 'O', reads: uses(reads), ...common });
const outputOfAll = defineOutput({ kind: 'output', name: 'ALL', reads: 'all', ...common });

const planOf = (from: SourcePlugin, ...stages: StagePlugin[]) =>
  planColumns(
    from,
    stages.map((plugin) => ({ plugin, options: {} })),
  );

/** The plan by names: keys with a column, and inputs that are opened. */
function plan(from: ReturnType<typeof source>, ...stages: StagePlugin[]) {
  const { keys: planned, activeInputs } = planOf(from, ...stages);
  return [planned.map(({ name }) => name), [...activeInputs].map(({ name }) => name).sort()];
}

describe('planColumns', () => {
  test('keeps only keys that are read, in the order of their providers', () => {
    expect(plan(source('a', 'b', 'c'), output('c', 'a'))).toEqual([['a', 'c'], []]);
  });

  test('makes no column for a key that nobody provides', () => {
    expect(plan(source('a'), output('a', 'z'))).toEqual([['a'], []]);
  });

  test('opens an input whose key is read, and keeps what it reads itself', () => {
    expect(plan(source('a', 'b'), input('I', ['a'], ['x', 'y']), output('y'))).toEqual([
      ['a', 'y'],
      ['I'],
    ]);
  });

  test('opens no input of which nobody reads a key', () => {
    expect(plan(source('a', 'b'), input('I', ['b'], ['x']), output('a'))).toEqual([['a'], []]);
  });

  test('follows a chain of inputs', () => {
    const chain = [input('I', ['a'], ['x']), input('J', ['x'], ['y']), input('K', ['y'], ['z'])];
    expect(plan(source('a', 'b'), ...chain, output('z'))).toEqual([
      ['a', 'x', 'y', 'z'],
      ['I', 'J', 'K'],
    ]);
    expect(plan(source('a', 'b'), ...chain, output('x'))).toEqual([['a', 'x'], ['I']]);
  });

  test('keeps a key that an input needs for one of its own only when that one is read', () => {
    const text = input('I', ['a', { name: 'b', for: ['x'] }], ['x', 'y']);
    expect(plan(source('a', 'b'), text, output('x'))).toEqual([['a', 'b', 'x'], ['I']]);
    expect(plan(source('a', 'b'), text, output('y'))).toEqual([['a', 'y'], ['I']]);
  });

  test('counts filters as readers and as providers', () => {
    expect(
      plan(source('a', 'b'), input('I', ['b'], ['x']), filter(['x'], ['f']), output('f')),
    ).toEqual([['b', 'x', 'f'], ['I']]);
  });

  test('keeps everything, and opens every input, for an output of all keys', () => {
    expect(plan(source('a', 'b'), input('I', ['a'], ['x']), outputOfAll)).toEqual([
      ['a', 'b', 'x'],
      ['I'],
    ]);
  });

  test('has one column for a key that two plugins provide, declared by the first', () => {
    const first = key('a', 'u32', 'of the source');
    const from = defineSource({ kind: 'source', name: 'S', provides: [first], ...common });
    const { keys: planned } = planOf(from, input('I', [], ['a']), output('a'));
    expect(planned).toEqual([first]);
  });
});

describe('keys that options name', () => {
  const named = defineOutput({
    kind: 'output',
    name: 'NAMED',
    reads: uses(['a']),
    summary: '',
    options: defineOptions({ by: { type: 'string', required: true, help: 'a key' } }),
    readsOf: ({ by }) => [{ key: by, option: 'by' }],
    open: never,
  });

  test('are planned as those that the plugin always reads', () => {
    const inputs = input('I', ['b'], ['x']);
    const stages = [
      { plugin: inputs, options: {} },
      { plugin: named, options: { by: 'x' } },
    ];
    const { keys: planned, activeInputs } = planColumns(source('a', 'b', 'c'), stages);
    expect(planned.map(({ name }) => name)).toEqual(['a', 'b', 'x']);
    expect([...activeInputs]).toEqual([inputs]);
  });
});

test('an output of all keys whose options name some reads those alone', () => {
  const chosen = defineOutput({
    kind: 'output',
    name: 'CHOSEN',
    reads: 'all',
    summary: '',
    options: defineOptions({ keys: { type: 'list', of: { type: 'string' }, help: 'keys' } }),
    readsOf: ({ keys: names = [] }) => names.map((name) => ({ key: name, option: 'keys' })),
    open: never,
  });
  const names = (options: { keys?: string[] }) =>
    planColumns(source('a', 'b', 'c'), [{ plugin: chosen, options }]).keys.map(({ name }) => name);
  expect(names({})).toEqual(['a', 'b', 'c']);
  expect(names({ keys: ['c'] })).toEqual(['c']);
});

test('an output of all keys gets those that are part of others only by their name', () => {
  const part = { ...key('part', 'u32', ''), onlyByName: true };
  const provider = { ...source('whole'), provides: [...keys(['whole']), part] };
  expect(plan(provider, outputOfAll)).toEqual([['whole'], []]);
  expect(plan(provider, outputOfAll, output('part'))).toEqual([['whole', 'part'], []]);
});

describe('planColumns for the plugins that come with specter', () => {
  const names = (...reads: string[]) =>
    planOf(nflog, base, local, output(...reads)).keys.map(({ name }) => name);
  /** What BASE reads whatever is wanted of it. */
  const always = ['raw.pkt', 'oob.family', 'oob.protocol', 'oob.vlan.proto', 'oob.vlan.tci'];

  test('decodes no header for a block that wants none', () => {
    expect(names('raw.pkt')).toEqual(['raw.pkt']);
    expect(planOf(nflog, base, output('raw.pkt')).activeInputs.size).toBe(0);
  });

  test('keeps of a packet what its outputs read, and no more', () => {
    expect(names('oob.in').sort()).toEqual([...always, 'oob.ifindex_in', 'oob.in'].sort());
    expect(names('tcp.dport').sort()).toEqual([...always, 'tcp.dport'].sort());
    expect(names('ip.saddr.str').sort()).toEqual([...always, 'ip.saddr', 'ip.saddr.str'].sort());
    expect(names('mac.str').sort()).toEqual(
      [...always, 'raw.mac', 'raw.mac.saddr', 'raw.type', 'mac.str'].sort(),
    );
  });

  test('opens BASE for LOGEMU and leaves LOCAL alone', () => {
    const { activeInputs } = planOf(nflog, base, local, logemu);
    expect([...activeInputs]).toEqual([base]);
  });
});
