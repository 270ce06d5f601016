/**
 * CPU time that hostile config files of about a megabyte take to be read, resolved and reported:
 * `npx tsx bench/config-hostile.ts`. Each case must stay below a second.
 */
import {
  type Catalogue,
  defineOptions,
  formatDiagnostics,
  type PluginSchema,
  parseConfig,
  resolveConfig,
} from '../src/config-grammar/index.ts';

const size = 1_000_000;
const limit = 1000;

/** Milliseconds of CPU time; unlike the clock's, not other processes' doing. */
const cpuTime = (): number => process.cpuUsage().user / 1000;

const fill = (unit: string): string => unit.repeat(Math.ceil(size / unit.length));

const lines = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => `${line(index)}\n`).join('');

/** Reproducible bytes: a linear congruential generator (Numerical Recipes). */
function randomBytes(): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}

const cases: Readonly<Record<string, string | Uint8Array>> = {
  'opening brackets': fill('{'),
  'opening brackets, a line each': fill('{\n'),
  'closing brackets, a line each': fill('}\n'),
  'headers without an end': fill('a {\n'),
  'empty blocks of one name': fill('a {}\n'),
  quotes: fill('"'),
  'quotes, a line each': fill('"\n'),
  backslashes: fill('\\'),
  continuations: fill('\\\n'),
  'words and continuations': fill('a\\\n'),
  'continuations inside a quote': `a {\nx "${fill('\\\n')}`,
  'escapes inside a quote': `a {\nx "${fill('\\"')}`,
  blanks: fill(' '),
  'words, each before blanks and a bracket': fill('a \t {x\n'),
  'names before empty lines': fill('a\n\n\n\n\n\n\n\n\n\n'),
  comments: fill('#\n'),
  'control characters': fill('\x01 '),
  'random bytes': randomBytes(),
  'bytes that are not UTF-8': new Uint8Array(size).fill(0xff),
  'one word': fill('x'),
  'values in one line': `5 {\nx ${fill('a ')}\n}`,
  'bad list items in one line': `5 {\nplugin OUT\nlist ${fill('x,')}\n}`,
  'sections in one block': `5 {\n${lines(size / 10, (i) => `:OUT ${i}`)}}`,
  '200 k options': `5 {\nplugin OUT\n${lines(200_000, (i) => `o${i}`)}}`,
  '200 k times one option': `5 {\nplugin OUT\n${fill('list 1\n')}}`,
  '42 k blocks': lines(42_000, (i) => `${i} {\n plugin OUT\n}`),
  '42 k blocks with unknown plugins': lines(42_000, (i) => `${i} {\n plugin OTU${i}\n}`),
  '42 k paths': lines(42_000, (i) => `${i} {\n plugin OUT\n file /x${i}/y\n}`),
  'templates in a chain': lines(30_000, (i) => `t${i} {\n include t${i + 1}\n}`),
  'templates in circles': lines(30_000, (i) => `t${i} {\n include t${i}\n include t0\n}`),
  'a template that includes itself': `t {\n${fill('include t\n')}}`,
  'every block includes one large template': `t {\n${lines(50_000, () => 'list 1')}}\n${lines(20_000, (i) => `${i} {\n include t\n}`)}`,
  'unknown includes': lines(30_000, (i) => `b${i} {\n include c${i}\n}`),
  'entries of plugins': `plugins {\n${lines(60_000, (i) => `N${i} X${i}`)}}`,
};

const out: PluginSchema = {
  name: 'OUT',
  kind: 'output',
  options: defineOptions({
    file: { type: 'path', access: 'write', help: 'a path' },
    list: { type: 'list', of: { type: 'integer' }, help: 'numbers' },
  }),
  requires: [],
  provides: [],
};

const source: PluginSchema = {
  name: 'nflog',
  kind: 'source',
  options: defineOptions({
    group: { type: 'integer', min: 0, max: 65535, required: true, help: 'group' },
  }),
  requires: [],
  provides: [],
};

const catalogue: Catalogue = {
  plugin: ({ name }) => (name === 'OUT' ? out : undefined),
  pluginNames: () => ['OUT'],
  source: (name) => (name === 'nflog' ? source : undefined),
  sourceNames: () => ['nflog'],
  defaultSource: 'nflog',
  providersOf: () => [],
  global: defineOptions({}),
  block: defineOptions({}),
};

let slow = 0;
for (const [name, input] of Object.entries(cases)) {
  const start = cpuTime();
  const { document, diagnostics, suppressed } = parseConfig(input, 'hostile.conf');
  const parsed = cpuTime();
  const resolution = resolveConfig(document, catalogue);
  const all = [...diagnostics, ...resolution.diagnostics];
  formatDiagnostics(all, document.source, { suppressed: suppressed + resolution.suppressed });
  const end = cpuTime();
  const count = all.length + suppressed + resolution.suppressed;
  const verdict = end - start < limit ? '' : '  TOO SLOW';
  if (verdict) slow++;
  const times = [parsed - start, end - parsed].map((ms) => ms.toFixed(0).padStart(6));
  console.log(`${times.join(' ')} ms ${String(count).padStart(8)} diagnostics  ${name}${verdict}`);
}
console.log(`parse, resolve and report; ${slow === 0 ? 'all' : 'not all'} below ${limit} ms`);
process.exitCode = slow === 0 ? 0 : 1;
