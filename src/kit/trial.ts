import type { ResolvedValues } from '../config-grammar/index.ts';
import { openStage, type Stage } from '../daemon/stage.ts';
import { messageOf } from '../daemon/to-error.ts';
import type { Counts, LinkNames, OutputCounters } from '../plugins/api.ts';
import { Batch } from '../records/batch.ts';
import { BytesColumn, type Column } from '../records/column.ts';
import type { Key } from '../records/key.ts';
import { type Effects, readFiles } from './effects.ts';
import { shapeProblem } from './instance-shape.ts';
import { blaming, Misbehaviour } from './misbehaviour.ts';
import { loadRows, type Row, readRow } from './rows.ts';
import type { Subject } from './subject.ts';
import { noLinks, type Sink, TrialHost } from './trial-host.ts';
import { TrialLog } from './trial-log.ts';

export interface TrialOptions {
  /** Rows of the batch. Default 64; 1 for a plugin that may hold its block. */
  readonly capacity?: number;
  /** What becomes of the plugin's files. Default `file`. */
  readonly sink?: Sink;
  /** Those of the plugin's keys that are read. Default: all. */
  readonly read?: readonly string[];
  readonly links?: LinkNames;
  /** Default: those of the subject. */
  readonly values?: ResolvedValues;
}

/** How long a plugin may take to close that does not say, in ms: as in the daemon. */
const CLOSE_TIMEOUT_MS = 10_000;

/** A plugin at work in a block of its own, under observation. */
export class Trial implements AsyncDisposable {
  readonly batch: Batch;
  readonly host: TrialHost;
  readonly log = new TrialLog();
  /** What the plugin reported that it cannot mend. */
  readonly failures: Error[] = [];
  /** Holds of the block's source that have not ended. */
  holds = 0;
  /** Rows that were selected in batches handed to it. */
  handed = 0;
  readonly #subject: Subject;
  readonly #stage: Stage;
  /** What inputs filled and filters let pass, batch by batch. */
  readonly #results: string[] = [];
  #received: Uint8Array = new Uint8Array(0);
  #isClosed = false;

  /** @throws Misbehaviour when it cannot be opened or is no instance */
  constructor(subject: Subject, options: TrialOptions = {}) {
    const { plugin } = subject;
    const mayHold = plugin.kind === 'output' && plugin.holds?.(subject.values) === true;
    const { capacity = 64, sink = 'file', links = noLinks, values = subject.values } = options;
    const read = options.read ?? subject.own.map(({ name }) => name);
    this.#subject = subject;
    this.host = new TrialHost(sink, links);
    const columns = subject.columns(mayHold ? 1 : capacity, read);
    this.batch = new Batch(columns);
    const spec = {
      plugin,
      title: plugin.name,
      instance: '',
      when: [],
      options: this.host.localise(plugin.options, values),
      surveyed: subject.surveyed,
    };
    try {
      this.#stage = blaming('open', () =>
        openStage(spec, columns, {
          block: { block: SOURCE_BLOCK, group: undefined, host: this.host },
          log: () => this.log,
          fail: (_title, error) => this.failures.push(error),
          hold: () => this.#hold(),
        }),
      );
      const problem = shapeProblem(this.#stage);
      if (problem !== undefined) throw new Misbehaviour(problem);
    } catch (error) {
      this.host.dispose();
      throw error;
    }
  }

  /** An output's counters; undefined for others. */
  get counters(): OutputCounters | undefined {
    return this.#stage.kind === 'output' ? { ...this.#stage.instance.counters } : undefined;
  }

  /** The plugin's own counters; undefined where it has none. */
  get details(): Counts | undefined {
    const { kind, instance } = this.#stage;
    if (kind === 'input') return undefined;
    return blaming('details', () => instance.details?.());
  }

  /** Milliseconds that its `close` may take. */
  get closeTimeout(): number {
    const own = this.#stage.kind === 'output' ? this.#stage.instance.closeTimeout : undefined;
    return own ?? CLOSE_TIMEOUT_MS;
  }

  /** Keys that the batch holds and the plugin does not fill. */
  get foreign(): readonly Key[] {
    const own = new Set(this.#subject.own.map(({ name }) => name));
    return this.batch.columns
      .entries()
      .map(({ key }) => key)
      .filter(({ name }) => !own.has(name));
  }

  /** Columns of the batch with the names of their keys. */
  get columns(): readonly { readonly key: Key; readonly column: Column }[] {
    return this.batch.columns.entries();
  }

  /** Hands rows to the plugin, in as many batches as they take; all rows are selected. */
  hand(rows: readonly Row[]): void {
    const { capacity } = this.batch;
    if (rows.length === 0) this.handBatch([]);
    for (let at = 0; at < rows.length; at += capacity)
      this.handBatch(rows.slice(at, at + capacity));
  }

  /**
   * Hands the plugin one batch.
   *
   * @param selection rows that filters before it let pass. Default: all
   */
  handBatch(rows: readonly Row[], selection?: readonly number[]): void {
    this.load(rows, selection);
    this.run();
  }

  /** Fills the batch. */
  load(rows: readonly Row[], selection?: readonly number[]): void {
    const { batch } = this;
    this.#received = loadRows(batch, this.foreign, rows);
    if (!selection) return;
    batch.rows.set(selection);
    batch.selected = selection.length;
  }

  /** Lets the plugin work on the batch as it is. */
  run(): void {
    const { batch } = this;
    const stage = this.#stage;
    const selection = [...batch.rows.subarray(0, batch.selected)];
    this.handed += selection.length;
    switch (stage.kind) {
      case 'input':
        blaming('fill', () => stage.instance.fill(batch));
        this.#note(Array.from({ length: batch.count }, (_, row) => row));
        break;
      case 'filter':
        blaming('select', () => stage.instance.select(batch));
        this.#note([...batch.rows.subarray(0, batch.selected)], selection);
        break;
      case 'output':
        blaming('write', () => stage.instance.write(batch));
        break;
    }
  }

  /** Overwrites the batch, as the source does with the next packets. */
  scribble(): void {
    this.#received.fill(0x55);
    for (const { column } of this.columns) {
      if (column instanceof BytesColumn) {
        column.offsets.fill(1);
        column.lengths.fill(2);
      }
      column.present.fill(1);
    }
    this.batch.rows.fill(0);
    this.batch.selected = 0;
    this.batch.count = 0;
  }

  reopen(): void {
    const { kind, instance } = this.#stage;
    if (kind !== 'input') blaming('reopen', () => instance.reopen?.());
  }

  /** @throws Misbehaviour when it fails or takes longer than it may */
  async close(): Promise<void> {
    this.#isClosed = true;
    const { instance } = this.#stage;
    const closing = blaming('close', async () => instance.close?.());
    await within(closing, this.closeTimeout).catch((error: unknown) => {
      throw new Misbehaviour(`close failed: ${messageOf(error)}`);
    });
  }

  /** All that can be seen of what the plugin did. */
  effects(): Effects {
    return {
      files: readFiles(this.host.folder),
      log: [...this.log.lines],
      results: [...this.#results],
      counters: { ...this.counters, ...this.details },
      failures: this.failures.map(({ message }) => message),
    };
  }

  /** Ends it, whatever state it is in. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      if (!this.#isClosed) await this.close();
    } catch {
      // What came before says more.
    } finally {
      this.host.dispose();
    }
  }

  #hold(): () => void {
    this.holds++;
    let isHeld = true;
    return () => {
      if (isHeld) this.holds--;
      isHeld = false;
    };
  }

  /** Rows by their place in what was handed over, so that the same rows give the same text. */
  #note(rows: readonly number[], selection: readonly number[] = rows): void {
    const { own } = this.#subject;
    for (const row of rows) {
      const values = [...readRow(this.batch, own, row)].map(
        ([name, value]) =>
          `${name}=${value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value}`,
      );
      this.#results.push([selection.indexOf(row), ...values].join(' '));
    }
  }
}

/** The name of the block that plugins are tried in. */
const SOURCE_BLOCK = 'trial';

async function within(closing: Promise<void>, timeout: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`it takes longer than ${timeout} ms`)), timeout);
  });
  try {
    await Promise.race([closing, expired]);
  } finally {
    clearTimeout(timer);
  }
}
