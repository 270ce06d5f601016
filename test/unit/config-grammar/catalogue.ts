import {
  type Catalogue,
  defineOptions,
  formatDiagnostics,
  type KeyRequirement,
  type OptionValue,
  type PathChecks,
  type PluginSchema,
  parseConfig,
  type Resolution,
  resolveConfig,
  type ValueProblem,
} from '../../../src/config-grammar/index.ts';

/** A catalogue of made-up declarations: the grammar knows no plugin by name. */

const none = defineOptions({});

export const logemuOptions = defineOptions({
  logemufile: {
    type: 'path',
    access: 'write',
    words: ['stdout'],
    default: '/var/log/specter.logemu',
    aliases: ['file'],
    help: 'the file to write to',
  },
  logemusync: { type: 'flag', help: 'write at once' },
});

export const execOptions = defineOptions({
  execstr: { type: 'string', rest: true, required: true, help: 'the command' },
  execwait: { type: 'flag', help: 'wait for it' },
  exectimeout: { type: 'duration', default: '10s', help: 'the longest it may run' },
});

const plugins: readonly PluginSchema[] = [
  {
    name: 'BASE',
    kind: 'input',
    options: none,
    requires: ['raw.pkt'],
    provides: ['ip.saddr', 'ip.protocol'],
    typeOf: (key) => (key === 'ip.saddr' ? 'ip' : 'u8'),
  },
  {
    name: 'LOGEMU',
    kind: 'output',
    options: logemuOptions,
    requires: ['ip.protocol'],
    provides: [],
  },
  {
    name: 'OPRINT',
    kind: 'output',
    options: defineOptions({
      dumpfile: { type: 'path', access: 'write', aliases: ['file'], help: 'the file to write to' },
    }),
    requires: [],
    provides: [],
  },
  {
    name: 'EXEC',
    kind: 'output',
    options: execOptions,
    requires: [],
    provides: [],
    requiredKeys: ({ execstr }) =>
      Array.from(String(execstr ?? '').matchAll(/%\{([^}]*)\}/g), (macro) => ({
        key: macro[1] ?? '',
        option: 'execstr',
        offset: macro.index,
        length: macro[0].length,
      })),
    check: ({ execstr, execwait }) =>
      execwait === true && execstr === 'sleep'
        ? [{ option: 'execwait', message: 'waiting for sleep', severity: 'warning' }]
        : [],
  },
  {
    name: 'FILTER',
    kind: 'filter',
    options: defineOptions({
      from: { type: 'list', of: { type: 'prefix' }, help: 'addresses that go on' },
      level: { type: 'enum', values: ['low', 'high'], valueAliases: { hi: 'high' }, help: 'level' },
      count: { type: 'integer', min: 1, max: 10, help: 'how many' },
      room: { type: 'size', max: 1 << 20, help: 'how much' },
      within: { type: 'duration', unit: 'ms', max: 60_000, help: 'how long' },
    }),
    requires: [],
    provides: [],
  },
  {
    name: 'KNOCK',
    kind: 'filter',
    options: defineOptions({
      knockfile: { type: 'path', access: 'read', help: 'one-time sequences' },
      knockports: { type: 'list', of: { type: 'string' }, help: 'the sequence' },
    }),
    requires: [],
    provides: ['knock.name'],
    check: ({ knockports }) => portProblems(knockports),
  },
  {
    name: 'THRESHOLD',
    kind: 'filter',
    options: defineOptions({
      threshkey: { type: 'list', of: { type: 'string' }, help: 'keys to count by' },
      threshhint: { type: 'list', of: { type: 'string' }, help: 'keys that help' },
    }),
    requires: [],
    provides: ['threshold.count'],
    requiredKeys: ({ threshkey, threshhint }) => [
      ...keyItems('threshkey', threshkey),
      ...keyItems('threshhint', threshhint).map((need) => ({ ...need, optional: true })),
    ],
  },
  {
    name: 'NUMBERS',
    kind: 'filter',
    options: defineOptions({
      numberkeys: { type: 'list', of: { type: 'string' }, help: 'keys that are numbers' },
      numberhint: { type: 'list', of: { type: 'string' }, help: 'the same, if they are there' },
    }),
    requires: [],
    provides: ['number.sum'],
    requiredKeys: ({ numberkeys, numberhint }) => [
      ...keyItems('numberkeys', numberkeys).map(asNumber),
      ...keyItems('numberhint', numberhint).map((need) => ({ ...asNumber(need), optional: true })),
    ],
  },
  {
    name: 'REPORT',
    kind: 'output',
    options: none,
    requires: ['knock.name'],
    provides: [],
  },
  {
    name: 'TAG',
    kind: 'input',
    options: none,
    requires: ['threshold.count'],
    provides: [],
  },
];

/** The letters in items that are to be numbers. */
function portProblems(ports: OptionValue): readonly ValueProblem[] {
  if (!Array.isArray(ports)) return [];
  return ports.flatMap((port, item) => {
    const offset = String(port).search(/[a-z]/);
    if (offset === -1) return [];
    return { option: 'knockports', item, offset, length: 1, message: `${port} is no port` };
  });
}

function keyItems(option: string, keys: OptionValue): readonly KeyRequirement[] {
  if (!Array.isArray(keys)) return [];
  return keys.map((key, item) => ({ key: String(key), option, item }));
}

/** A key that has to be of type `u8`; any other is refused, and `ip` with a suggestion. */
function asNumber(need: KeyRequirement): KeyRequirement {
  return {
    ...need,
    checkType(type) {
      if (type === 'u8') return [];
      const problem = { ...need, message: `${need.key} is of type ${type}` };
      return [type === 'ip' ? { ...problem, suggestion: 'ip.protocol' } : problem];
    },
  };
}

const sources: readonly PluginSchema[] = [
  {
    name: 'nflog',
    kind: 'source',
    options: defineOptions({
      group: { type: 'integer', min: 0, max: 65535, required: true, help: 'the group' },
      snaplen: { type: 'integer', min: 0, default: 0, help: 'bytes to copy' },
    }),
    requires: [],
    provides: ['raw.pkt'],
  },
  {
    name: 'ulog',
    kind: 'source',
    options: defineOptions({
      group: { type: 'integer', min: 1, max: 32, required: true, help: 'the group' },
    }),
    requires: [],
    provides: ['raw.pkt'],
  },
  {
    name: 'conntrack',
    kind: 'source',
    options: defineOptions({ events: { type: 'list', of: { type: 'string' }, help: 'events' } }),
    requires: [],
    provides: ['ip.*'],
  },
];

/** A module that was loaded beside the built-in plugins. */
const module: PluginSchema = {
  name: 'mine',
  kind: 'output',
  options: defineOptions({ topic: { type: 'string', help: 'topic' } }),
  requires: [],
  provides: [],
};

export const catalogue: Catalogue = {
  plugin: (target) =>
    target.kind === 'module'
      ? target.path === './mine.js'
        ? module
        : undefined
      : plugins.find(({ name }) => name === target.name),
  pluginNames: () => plugins.map(({ name }) => name),
  source: (name) => sources.find((source) => source.name === name),
  sourceNames: () => sources.map(({ name }) => name),
  defaultSource: 'nflog',
  providersOf: (key) =>
    plugins.filter(({ provides }) => provides.includes(key)).map(({ name }) => name),
  global: defineOptions({
    errignore: { type: 'flag', help: 'go on after errors' },
    logfile: { type: 'path', access: 'write', words: ['stdout', 'stderr'], help: 'own log' },
    loglevel: { type: 'integer', min: 1, max: 8, default: 3, help: 'own log' },
    rmem: { type: 'size', default: '8M', help: 'receive buffer' },
  }),
  block: defineOptions({ label: { type: 'integer', min: 0, max: 255, help: 'label' } }),
  hint: (name) => (name === 'MYSQL' ? 'it needs the package specter-mysql' : undefined),
};

/** Paths below /no cannot be written or read, all others can. */
export const paths: PathChecks = {
  writable: (path) => (path.startsWith('/no') ? `${path}: no` : undefined),
  readable: (path) => (path.startsWith('/no') ? `${path}: no` : undefined),
};

/** Parses and resolves with the catalogue above. */
export function resolve(text: string): Resolution {
  const { document } = parseConfig(text, 't.conf');
  return resolveConfig(document, catalogue, { paths });
}

/** All diagnostics of a text as the user sees them. */
export function report(text: string | Uint8Array): string {
  const parsed = parseConfig(text, 't.conf');
  const resolution = resolveConfig(parsed.document, catalogue, { paths });
  const all = [...parsed.diagnostics, ...resolution.diagnostics];
  return formatDiagnostics(all, parsed.document.source);
}
