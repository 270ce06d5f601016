/**
 * Side-by-side benchmark of specter and ulogd2: `npm run bench -- [--quick] [--long] [--pairs N]
 * [--rate N] [--processes N] [--only specter|ulogd2] [--case NAME]`. Figures, never judgements: it does
 * not fail because of a time.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg, release } from 'node:os';
import { parseArgs } from 'node:util';
import { Namespace } from '../test/support/namespace.ts';
import { isInstalled, requireKernel } from '../test/support/requirements.ts';
import { type Case, cases } from './cases.ts';
import { type Contestant, contestants, rules } from './contestant.ts';
import { type Effort, type Measurement, measure } from './measure.ts';
import { remarks, table } from './report.ts';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    long: { type: 'boolean', default: false },
    pairs: { type: 'string' },
    rate: { type: 'string', default: '100000' },
    processes: { type: 'string', default: '1' },
    only: { type: 'string' },
    case: { type: 'string' },
  },
});

const effort: Effort = {
  ...(options.quick
    ? { pairs: 1, packets: 100_000, probeSeconds: 2, precision: 1.2, idleSeconds: 2 }
    : { pairs: 3, packets: 400_000, probeSeconds: 3, precision: 1.06, idleSeconds: 10 }),
  ...(options.pairs ? { pairs: Number(options.pairs) } : {}),
  rate: Number(options.rate),
  processes: Number(options.processes),
  long: options.long,
};

const missing = requireKernel();
if (missing !== undefined) fail(missing);
const present = contestants.filter(isPresent);
if (present.length === 0) fail('there is nothing to measure');
const chosen = cases.filter(({ name }) => !options.case || name === options.case.toUpperCase());
if (chosen.length === 0)
  fail(`no such case; there are: ${cases.map(({ name }) => name).join(', ')}`);

const [load = 0] = loadavg();
if (load > 0.2 * cpus().length) {
  console.log(`The machine is busy (load ${load.toFixed(1)}): the figures will tell little.\n`);
}
await using namespace = await Namespace.create();
await namespace.nft(rules);
const results: Record<string, Record<Contestant['name'], Measurement[]>> = {};
for (const testCase of chosen) {
  const turns = await takeTurns(namespace, testCase);
  results[testCase.name] = turns;
  console.log(`\n${table(testCase.name, turns)}`);
  for (const remark of remarks(turns)) console.log(remark);
}
console.log(`\nWritten to ${await save(results)}`);

async function takeTurns(
  namespace: Namespace,
  testCase: Case,
): Promise<Record<Contestant['name'], Measurement[]>> {
  const turns: Record<Contestant['name'], Measurement[]> = { specter: [], ulogd2: [] };
  for (let pair = 1; pair <= effort.pairs; pair += 1) {
    for (const contestant of present) {
      console.log(`${testCase.name}: pair ${pair} of ${effort.pairs}, ${contestant.name} …`);
      turns[contestant.name].push(await measure(namespace, contestant, testCase, effort));
    }
  }
  return turns;
}

function isPresent({ name }: Contestant): boolean {
  if (options.only) return options.only === name;
  if (name !== 'ulogd2' || isInstalled('ulogd')) return true;
  console.log('ulogd2 is not installed, nothing to compare with: apt-get install ulogd2');
  return false;
}

/** Keeps the raw figures with what they were measured on, for comparisons over time. */
async function save(measured: typeof results): Promise<string> {
  const folder = new URL('./results/', import.meta.url);
  await mkdir(folder, { recursive: true });
  const time = new Date().toISOString();
  const machine = {
    cpus: cpus().map(({ model }) => model),
    kernel: release(),
    node: process.version,
    load,
  };
  const file = new URL(`${time.replaceAll(':', '-')}.json`, folder);
  await writeFile(
    file,
    `${JSON.stringify({ time, machine, effort, results: measured }, null, 2)}\n`,
  );
  return file.pathname;
}

function fail(reason: string): never {
  console.error(`bench: ${reason}`);
  process.exit(1);
}
