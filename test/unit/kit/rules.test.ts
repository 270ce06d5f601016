import { describe, expect, test } from 'vitest';
import { rules } from '../../../src/kit/rules/index.ts';
import { brokenBy } from './broken-by.ts';
import { filter, input, output } from './model-plugins.ts';
import { spoiltDeclarations } from './spoilt-declarations.ts';
import { spoiltInstances } from './spoilt-instances.ts';

test.each([input(), filter(), output()])('a good $kind keeps all rules', async (plugin) => {
  expect(await brokenBy(plugin)).toEqual({});
});

const spoilt = [...spoiltDeclarations, ...spoiltInstances];

describe('finds what a plugin does wrong', () => {
  test.each(spoilt)('%s: %s', async (rule, seen, plugin) => {
    expect(await brokenBy(plugin, { only: [rule] })).toEqual({
      [rule]: expect.stringMatching(seen),
    });
  });

  test('for every rule', () => {
    const tried = new Set(spoilt.map(([rule]) => rule));
    expect(rules.map(({ name }) => name).filter((name) => !tried.has(name))).toEqual([]);
  });
});
