import { spawn } from 'node:child_process';
import { cpSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RunningProcess } from '../../support/running-process.ts';
import { ScratchFolder } from '../../support/scratch-folder.ts';
import { scriptCommand } from '../../support/script-command.ts';

const script = new URL('../../../src/cli.ts', import.meta.url);
const template = new URL('../../../contrib/plugin-template/', import.meta.url);

let folder: ScratchFolder;

beforeEach(async () => {
  folder = await ScratchFolder.create();
  // As root, specter runs only what is root's: that is so here, whoever has the checkout.
  for (const name of ['scope.mjs', 'tally.mjs']) cpSync(new URL(name, template), folder.join(name));
});
afterEach(async () => {
  await folder[Symbol.asyncDispose]();
});

/** Runs `specter check` from the sources. */
async function checking(...args: readonly string[]) {
  const [command, ...rest] = scriptCommand(script, 'check', ...args);
  await using specter = new RunningProcess('specter', spawn(command, rest));
  const { code, stdout, stderr } = await specter.exit;
  return { code, stdout, stderr };
}

/** An output that does this with each batch. */
const module = (write: string): string => `export default {
  kind: 'output', name: 'MINE', summary: 'is mine', options: {}, reads: [{ name: 'my.key' }],
  open: () => {
    const counters = { written: 0, dropped: 0, errors: 0 };
    return {
      counters,
      write(batch) { counters.written += batch.selected; ${write} },
      async close() {},
    };
  },
};
`;

describe('specter check', () => {
  test('tries a module with the options that it is given', async () => {
    const { code, stdout, stderr } = await checking(folder.join('tally.mjs'), 'tallytop 3');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^TALLY, output: logs the ports that most packets go to\nok {4}form /);
    expect(stdout).toMatch(/\nTALLY keeps all \d+ rules\n$/);
  });

  test('tries a built-in plugin by its name', async () => {
    const { code, stdout } = await checking('local');
    expect([code, stdout.split('\n')[0]]).toEqual([
      0,
      "LOCAL, input: adds the time of logging and this machine's name",
    ]);
  });

  test('tells what is wrong, and ends with 1', async () => {
    const other = folder.join('scope.mjs');
    const path = await folder.write('mine.mjs', module("Promise.reject(new Error('lost'));"));
    const rules = ['--rule', 'form', 'reads', 'absent-keys'];
    expect(await checking(path, '--with', other, ...rules)).toEqual({
      code: 1,
      stderr: '',
      stdout: `MINE, output: is mine
ok    form         is a declaration as docs/plugins.md has it, with a name in upper case and a summary
FAIL  reads        reads keys that something provides, and names each once
      seen: nothing provides my.key
      do:   compare the names with \`specter info\`; keys of other modules take \`--with MODULE\`
FAIL  absent-keys  takes rows in which no key is present
      seen: nobody caught: lost
      do:   ask \`column.has(row)\` before you read
MINE breaks 2 of 3 rules
`,
    });
  });

  test.each([
    [
      ['threshold', 'threshold 0'],
      'specter: options:8:11: error: option "threshold" takes a value from 1 to 1000, not "0"\nthreshold 0\n          ^\n',
    ],
    [['nflog'], 'specter: nflog is a source; inputs, filters and outputs can be checked\n'],
    [['LOGEMUU'], 'specter: there is no plugin LOGEMUU; did you mean LOGEMU?\n'],
  ])('refuses %j', async (args, stderr) => {
    expect(await checking(...args)).toEqual({ code: 1, stdout: '', stderr });
  });
});
