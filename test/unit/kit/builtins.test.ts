import { describe, expect, test } from 'vitest';
import { checkPlugin } from '../../../src/kit/check-plugin.ts';
import { formatReport } from '../../../src/kit/report.ts';
import { builtinStages } from '../../../src/plugins/registry.ts';
import { fixtures } from './fixtures.ts';

test('every built-in plugin has its place in the table', () => {
  const names = builtinStages.map(({ name }) => name);
  expect(Object.keys(fixtures).sort()).toEqual(names.sort());
});

const cases = builtinStages.flatMap((plugin) =>
  (fixtures[plugin.name] ?? []).map((fixture) => ({
    plugin,
    fixture,
    title: [plugin.name, ...(fixture.options ?? [])].join(', '),
  })),
);

describe('keeps every rule for plugins', () => {
  test.each(cases)('$title', async ({ plugin, fixture }) => {
    const report = await checkPlugin(plugin, fixture);
    expect(report.passed ? '' : formatReport(report)).toBe('');
  });
});
