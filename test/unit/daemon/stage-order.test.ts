import { describe, expect, test } from 'vitest';
import { orderStages } from '../../../src/daemon/stage-order.ts';
import { defineInput, defineOutput } from '../../../src/plugins/api.ts';
import { key } from '../../../src/records/key.ts';

const never = () => {
  throw new Error('not to be opened');
};
const common = { summary: '', options: {}, open: never };
const input = (name: string, reads: readonly string[], provides: readonly string[]) => ({
  plugin: defineInput({
    kind: 'input',
    name,
    reads: reads.map((read) => ({ name: read })),
    provides: provides.map((provided) => key(provided, 'u32', '')),
    ...common,
  }),
});
const output = (name: string) => ({
  plugin: defineOutput({ kind: 'output', name, reads: [], ...common }),
});
const names = (stages: Parameters<typeof orderStages>[0]) =>
  orderStages(stages).map(({ plugin }) => plugin.name);

describe('orderStages', () => {
  test('puts inputs first and leaves the rest as listed', () => {
    expect(names([output('P'), input('I', [], ['x']), output('O')])).toEqual(['I', 'P', 'O']);
  });

  test('puts an input behind those whose keys it reads', () => {
    const [last, middle, first] = [
      input('C', ['y'], ['z']),
      input('B', ['x'], ['y']),
      input('A', [], ['x']),
    ];
    expect(names([last, middle, first])).toEqual(['A', 'B', 'C']);
  });

  test('keeps the listed order of inputs that do not depend on each other', () => {
    expect(names([input('B', ['a'], ['x']), input('A', ['a'], ['y'])])).toEqual(['B', 'A']);
  });

  test('keeps the listed order of inputs that read each other’s keys', () => {
    expect(names([input('A', ['y'], ['x']), input('B', ['x'], ['y'])])).toEqual(['A', 'B']);
  });

  test('does not take an input that reads its own key for its own predecessor', () => {
    expect(names([input('A', ['x'], ['x', 'y']), input('B', ['y'], ['z'])])).toEqual(['A', 'B']);
  });
});
