import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { OutputContext, OutputPlugin } from '../../../src/plugins/api.ts';
import { Batch } from '../../../src/records/batch.ts';
import { ColumnSet } from '../../../src/records/column-set.ts';
import { key } from '../../../src/records/key.ts';
import { ScratchFolder } from '../../support/scratch-folder.ts';
import { fakeContext } from '../plugins/fake-context.ts';

const root = new URL('../../../', import.meta.url);
const modules = fileURLToPath(new URL('node_modules/', root));

/** A copy of the template in a folder of its own, with specter installed there as a package. */
let folder: ScratchFolder;

beforeAll(async () => {
  folder = await ScratchFolder.create();
  cpSync(new URL('contrib/plugin-template/', root), folder.path, { recursive: true });
  const specter = folder.join('node_modules/specter');
  mkdirSync(specter, { recursive: true });
  symlinkSync(`${modules}@types`, folder.join('node_modules/@types'));
  symlinkSync(modules, `${specter}/node_modules`);
  cpSync(new URL('package.json', root), `${specter}/package.json`);
  await build({
    entryPoints: [fileURLToPath(new URL('src/testing.ts', root))],
    outfile: `${specter}/dist/testing.js`,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
  });
  const types = ['-p', fileURLToPath(new URL('tsconfig.types.json', root))];
  expect(tsc(...types, '--outDir', `${specter}/dist/types`)).toBe('');
}, 120_000);
afterAll(async () => {
  await folder[Symbol.asyncDispose]();
});

/** What the compiler says in the author's folder. */
function tsc(...args: string[]): string {
  const compiler = `${modules}typescript/bin/tsc`;
  const options = { cwd: folder.path, encoding: 'utf8' } as const;
  const { stdout, stderr } = spawnSync(process.execPath, [compiler, ...args], options);
  return stdout + stderr;
}

test('its own tests pass, with specter as a package', () => {
  const env = { ...process.env, NODE_OPTIONS: '' };
  const options = { cwd: folder.path, encoding: 'utf8', env } as const;
  const { status, stdout } = spawnSync(process.execPath, ['--test'], options);
  expect(stdout).toMatch(/^# pass 4\n# fail 0$/m);
  expect(status).toBe(0);
});

test('its types hold, by those that the package has', () => {
  expect(tsc()).toBe('');
});

test('a mistake is found by the types', async () => {
  const text = readFileSync(folder.join('tally.mjs'), 'utf8');
  const spoilt = text
    .replace('options.tallytop;', 'options.tallytopp;')
    .replace("required: true }, { name: 'udp.dport' }", "requird: true }, { name: 'udp.dport' }");
  await folder.write('spoilt.mjs', spoilt);
  const found = tsc()
    .split('\n')
    .map((line) => /^(\w+\.mjs)\(\d+,\d+\): error (TS\d+)/.exec(line)?.slice(1).join(' '));
  expect(found.filter((line) => line !== undefined)).toEqual([
    // There is no such property; did you mean … ?
    'spoilt.mjs TS2551',
    'spoilt.mjs TS2561',
  ]);
});

test('the published types keep what is internal to themselves', () => {
  const types = folder.join('node_modules/specter/dist/types/');
  const contract = readFileSync(`${types}plugins/api.d.ts`, 'utf8');
  expect(contract).toContain('export interface OutputPlugin<');
  expect(contract).not.toMatch(/Source(Plugin|Context|Instance|Counters)|ReceiveLoop|netlink/);
});

test('TALLY logs at each interval, and nothing when nothing came', async () => {
  const module: { default: OutputPlugin } = await import(
    new URL('contrib/plugin-template/tally.mjs', root).href
  );
  vi.useFakeTimers();
  try {
    const port = key('tcp.dport', 'u16', 'destination port');
    const batch = new Batch(new ColumnSet(4, [port]));
    const options = { tallyinterval: 1000, tallytop: 5 };
    const context: OutputContext<typeof options> & { log: { lines: string[] } } = fakeContext(
      batch.columns,
      options,
    );
    const instance = module.default.open(context);
    batch.columns.numbers(port).set(0, 22);
    batch.count = 1;
    batch.selectAll();
    instance.write(batch);
    vi.advanceTimersByTime(3000);
    expect(context.log.lines).toEqual(['notice: port 22: 1']);
    await instance.close();
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});
