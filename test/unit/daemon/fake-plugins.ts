import {
  type Config,
  formatDiagnostics,
  parseConfig,
  resolveConfig,
} from '../../../src/config-grammar/index.ts';
import { PluginCatalogue } from '../../../src/daemon/catalogue.ts';
import {
  defineFilter,
  defineInput,
  defineOptions,
  defineOutput,
  defineSource,
  type SourceCounters,
  type SourceInstance,
  type SourcePlugin,
  type StagePlugin,
} from '../../../src/plugins/api.ts';
import type { Batch } from '../../../src/records/batch.ts';
import { key } from '../../../src/records/key.ts';

const number = key('n', 'u32', 'what the source was told');
const double = key('n.double', 'u32', 'twice that');

/** A source that is told what to deliver. */
export class FakeSource implements SourceInstance<{ readonly group: number | undefined }> {
  readonly counters: SourceCounters = { received: 0, lost: 0, overruns: 0, malformed: 0 };
  readonly #plugins: FakePlugins;
  #batch: Batch | undefined;
  #deliver: () => void = () => {};

  constructor(plugins: FakePlugins) {
    this.#plugins = plugins;
  }

  attach(batch: Batch, deliver: () => void): void {
    this.#batch = batch;
    this.#deliver = deliver;
  }

  /** Delivers one batch of rows with these numbers. */
  emit(...numbers: number[]): void {
    const batch = this.#batch;
    if (!batch) throw new Error('nothing is attached');
    batch.begin(Buffer.alloc(0));
    const column = batch.columns.numbers(number);
    for (const value of numbers) column.set(batch.count++, value);
    this.counters.received += numbers.length;
    this.#deliver();
  }

  start(): void {
    this.#plugins.note('source start');
  }

  hold(): void {
    this.#plugins.note('source hold');
  }

  release(): void {
    this.#plugins.note('source release');
  }

  reconfigure(options: { readonly group: number | undefined }): void {
    this.#plugins.note(`source reconfigure ${JSON.stringify(options)}`);
  }

  async close(): Promise<void> {
    this.#plugins.note('source close');
  }
}

/**
 * A catalogue whose sources and plugins write down what happens to them:
 *
 * - source `fake`, options `group` and `speed`: fills `n`
 * - input DOUBLE: fills `n.double` from `n`
 * - filter ODD: lets odd `n` pass
 * - outputs SINK and SINK2, option `tag`: read `n` and `n.double`
 * - output HOLDER: holds the block from its first record on
 */
export class FakePlugins extends PluginCatalogue {
  /** `open SINK`, `SINK 1 2 3`, `close SINK` … in order; a tag stands behind the name. */
  readonly journal: string[] = [];
  /** The entries of the journal that throw instead of being written. */
  readonly failing = new Set<string>();
  /** Every source opened so far. */
  readonly sources: FakeSource[] = [];
  readonly fakes: {
    readonly source: SourcePlugin;
    readonly double: StagePlugin;
    readonly odd: StagePlugin;
    readonly sink: StagePlugin;
    readonly sink2: StagePlugin;
    readonly holder: StagePlugin;
  };
  override readonly defaultSource = 'fake';

  constructor() {
    super();
    this.fakes = {
      source: this.#source(),
      double: this.#double(),
      odd: this.#odd(),
      sink: this.#sink('SINK'),
      sink2: this.#sink('SINK2'),
      holder: this.#holder(),
    };
    const { source: _, ...stages } = this.fakes;
    for (const plugin of Object.values(stages)) {
      this.addStage({ kind: 'builtin', name: plugin.name }, plugin);
    }
    this.addSource(this.fakes.source);
  }

  note(entry: string): void {
    if (this.failing.has(entry)) throw new Error(`${entry} failed`);
    this.journal.push(entry);
  }

  /** The journal since it was last taken. */
  take(): string[] {
    return this.journal.splice(0);
  }

  /** A config of these plugins. */
  config(text: string): Config {
    const { document } = parseConfig(Buffer.from(text), 'test.conf');
    const { config, diagnostics } = resolveConfig(document, this);
    if (!config) throw new Error(formatDiagnostics(diagnostics, document.source));
    return config;
  }

  #source() {
    return defineSource({
      kind: 'source',
      name: 'fake',
      summary: 'delivers what it is told',
      options: defineOptions({
        group: { type: 'integer', help: 'group' },
        speed: { type: 'integer', default: 1, help: 'something to change' },
      }),
      provides: [number],
      open: () => {
        this.note('open source');
        const source = new FakeSource(this);
        this.sources.push(source);
        return source;
      },
    });
  }

  #double() {
    return defineInput({
      kind: 'input',
      name: 'DOUBLE',
      summary: 'doubles',
      options: {},
      reads: [{ name: 'n' }],
      provides: [double],
      open: ({ columns }) => {
        this.note('open DOUBLE');
        const [from, to] = [columns.readNumbers('n'), columns.numbers(double)];
        return {
          fill: (batch) => {
            this.note('DOUBLE');
            for (let row = 0; row < batch.count; row++) to.set(row, 2 * from.get(row));
          },
          close: () => this.note('close DOUBLE'),
        };
      },
    });
  }

  #odd() {
    return defineFilter({
      kind: 'filter',
      name: 'ODD',
      summary: 'lets odd numbers pass',
      options: {},
      reads: [{ name: 'n' }],
      provides: [],
      open: ({ columns }) => {
        this.note('open ODD');
        const numbers = columns.readNumbers('n');
        return {
          select: (batch) => {
            this.note('ODD');
            const odd = batch.rows
              .subarray(0, batch.selected)
              .filter((row) => numbers.get(row) % 2 === 1);
            batch.rows.set(odd);
            batch.selected = odd.length;
          },
        };
      },
    });
  }

  #holder() {
    return defineOutput({
      kind: 'output',
      name: 'HOLDER',
      summary: 'holds',
      options: {},
      reads: [],
      holds: () => true,
      open: ({ hold }) => ({
        counters: { written: 0, dropped: 0, errors: 0 },
        write: () => hold(),
        close: async () => this.note('close HOLDER'),
      }),
    });
  }

  #sink(name: string) {
    return defineOutput({
      kind: 'output',
      name,
      summary: 'writes down',
      options: defineOptions({
        tag: { type: 'string', default: '', help: 'shown behind the name' },
      }),
      reads: [{ name: 'n' }, { name: 'n.double' }],
      open: ({ columns, options, fail }) => {
        const title = `${name}${options.tag}`;
        this.note(`open ${title}`);
        const [numbers, doubles] = [columns.readNumbers('n'), columns.readNumbers('n.double')];
        const counters = { written: 0, dropped: 0, errors: 0 };
        return {
          counters,
          write: (batch) => {
            const texts = Array.from({ length: batch.selected }, (_, i) => {
              const row = batch.row(i);
              return doubles.has(row)
                ? `${numbers.get(row)}:${doubles.get(row)}`
                : numbers.get(row);
            });
            this.note([title, ...texts].join(' '));
            counters.written += texts.length;
            if (texts.includes(13)) fail(new Error('unlucky'));
          },
          reopen: () => this.note(`reopen ${title}`),
          close: async () => this.note(`close ${title}`),
        };
      },
    });
  }
}
