import { describe, expect, test } from 'vitest';
import { checkPlugin, type Report } from '../../../src/kit/check-plugin.ts';
import { formatReport } from '../../../src/kit/report.ts';
import { UnusableOptions } from '../../../src/kit/subject.ts';
import { BytesColumn } from '../../../src/records/column.ts';
import { key } from '../../../src/records/key.ts';
import { brokenBy } from './broken-by.ts';
import { filter, input, modelOptions, output } from './model-plugins.ts';
import { fail } from './spoilt-instances.ts';

describe('checkPlugin', () => {
  const outcomes = ({ results }: Report) =>
    Object.fromEntries(results.map(({ rule, outcome }) => [rule, outcome]));

  test('gives a plugin the options that it is told', async () => {
    const options = {
      modelfile: { type: 'path', access: 'none', required: true, help: 'x' },
    } as const;
    await expect(checkPlugin(input({ options }))).rejects.toThrow(
      new UnusableOptions(
        'options:7:1: error: plugin MODEL needs the option "modelfile"\n:CHECKED\n^~~~~~~~\n',
      ),
    );
    let seen: unknown;
    const plugin = input({ options }, (context) => {
      seen = context.options;
      return {};
    });
    const report = await checkPlugin(plugin, { options: ['modelfile /x'] });
    expect([report.passed, seen]).toEqual([true, { modelfile: '/x' }]);
  });

  test('keeps files that are written in a folder of its own', async () => {
    const paths = new Set<string>();
    const plugin = output({}, ({ context }) => {
      paths.add(context.options.modelfile.replace(/^.*specter-check-\w+/, 'FOLDER'));
      return {};
    });
    expect(await brokenBy(plugin)).toEqual({});
    expect([...paths]).toEqual(['FOLDER/var/log/model']);
  });

  test('knows keys of other modules that it is told of', async () => {
    const other = input({ name: 'OTHER', provides: [key('other.key', 'u8', 'x')] });
    const plugin = output({ reads: [{ name: 'other.key' }] });
    const only = ['reads', 'opens'];
    expect(await brokenBy(plugin, { only })).toEqual({ reads: 'nothing provides other.key' });
    expect(await brokenBy(plugin, { only, with: [other] })).toEqual({});
  });

  test('skips the instance where none can be opened', async () => {
    const report = await checkPlugin(output({ open: () => fail('no') }));
    expect(outcomes(report)).toMatchObject({
      form: 'kept',
      opens: 'broken',
      'any-packet': 'skipped',
    });
    const untried = await checkPlugin(output({ open: () => fail('no') }), {
      declarationOnly: 'it needs the moon',
    });
    expect(untried.passed).toBe(true);
    expect(outcomes(untried)).toMatchObject({ form: 'kept', opens: 'skipped' });
  });

  test('lets a plugin be exempt, as long as it needs it', async () => {
    const plugin = output({ name: 'MADE' });
    const exempt = { 'option-names': 'they are older' };
    const only = ['option-names'];
    const report = await checkPlugin(plugin, { exempt, only });
    expect([report.passed, outcomes(report)['option-names']]).toEqual([true, 'exempt']);
    expect(await brokenBy(output(), { exempt, only })).toEqual({
      'option-names': 'it keeps the rule that it is exempt from',
    });
    expect(await brokenBy(output(), { exempt: { unheard: 'of' }, only })).toEqual({
      unheard: 'there is no such rule',
    });
  });

  test('opens several instances, each with columns of its own', async () => {
    let opened = 0;
    const sets = new Set<unknown>();
    await checkPlugin(
      filter({}, ({ columns }) => {
        opened++;
        sets.add(columns);
        return {};
      }),
    );
    expect(opened).toBeGreaterThan(5);
    expect(sets.size).toBe(opened);
  });

  test('fills every type of key', async () => {
    const seen = new Set<string>();
    const plugin = output({ reads: 'all' }, ({ context, write }) => ({
      write(batch) {
        for (const { key: column, column: values } of context.columns.entries()) {
          for (let i = 0; i < batch.selected; i++) {
            if (values.has(batch.row(i))) seen.add(column.type);
          }
          if (values instanceof BytesColumn && values.data.length > 65_536) seen.add('64 KiB');
        }
        write(batch);
      },
    }));
    expect(await brokenBy(plugin)).toEqual({});
    expect([...seen].sort()).toEqual(
      ['64 KiB', 'bool', 'bytes', 'ip', 'mac', 'string', 'u16', 'u32', 'u64', 'u8'].sort(),
    );
  });
});

test('a report says what was seen and what to do', async () => {
  const report = await checkPlugin(output({ name: 'MADE', options: modelOptions }));
  const text = formatReport(report);
  expect(text.split('\n')[0]).toBe('MADE, output: writes how long packets are');
  expect(text).toContain(`
FAIL  option-names    begins each option's name with its own, so that no other plugin's option is called so
      seen: modelfile does not begin with "mad"
      seen: modellevel does not begin with "mad"
      do:   put the plugin's name, or its first letters, in front of the option's
ok    free-options    `);
  expect(text).toMatch(/\nMADE breaks 1 of 27 rules\n$/);
});
