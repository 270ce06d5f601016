import type { ResolvedValues } from '../config-grammar/index.ts';
import type {
  FilterInstance,
  InputInstance,
  OutputCounters,
  OutputInstance,
  PluginLog,
  SourcePlugin,
  StagePlugin,
} from '../plugins/api.ts';
import { Batch } from '../records/batch.ts';
import { ColumnSet } from '../records/column-set.ts';
import { planColumns } from './column-plan.ts';
import { orderStages } from './stage-order.ts';
import { messageOf, toError } from './to-error.ts';

/**
 * Rows of a batch. Large enough that what is done once a batch costs nothing; small enough that
 * its columns stay in the second-level cache.
 */
const BATCH_CAPACITY = 1024;
/** A plugin that takes longer than this to close is left behind: an end must come. */
const CLOSE_TIMEOUT_MS = 10_000;

/** A plugin of a block as the config has it. */
export interface StageSpec {
  readonly plugin: StagePlugin;
  /** `LOGEMU`, `EXEC one` */
  readonly title: string;
  readonly options: ResolvedValues;
}

/** What opening a stage takes besides its options and columns. */
export interface StageServices {
  log(title: string): PluginLog;
  context: Omit<Parameters<StagePlugin['open']>[0], 'options' | 'columns' | 'log' | 'fail'>;
  fail(title: string, error: Error): void;
}

type Stage =
  | { readonly kind: 'input'; readonly title: string; readonly instance: InputInstance }
  | { readonly kind: 'filter'; readonly title: string; readonly instance: FilterInstance }
  | {
      readonly kind: 'output';
      readonly title: string;
      readonly instance: OutputInstance;
      /** Counted here: what it was handed when it threw. */
      readonly failures: { dropped: number; errors: number };
    };

/** Counters of an output with the name that it has in messages. */
export interface NamedOutputCounters extends Readonly<OutputCounters> {
  readonly title: string;
}

/** What a block's records go through: its opened plugins and the batch that travels through them. */
export class Pipeline {
  readonly batch: Batch;
  /** Rows that went through the inputs. */
  decoded = 0;
  /** The plugins that have work to do, in the order in which they see a batch. */
  readonly #specs: readonly StageSpec[];
  readonly #stages: Stage[] = [];
  readonly #services: StageServices;

  /** Opens the plugins, inputs first. When one fails, those before it are closed again. */
  static async open(
    source: SourcePlugin,
    specs: readonly StageSpec[],
    services: StageServices,
  ): Promise<Pipeline> {
    const pipeline = new Pipeline(source, specs, services);
    try {
      pipeline.#openStages();
      return pipeline;
    } catch (error) {
      await pipeline.close();
      throw error;
    }
  }

  private constructor(source: SourcePlugin, specs: readonly StageSpec[], services: StageServices) {
    const ordered = orderStages(specs);
    const plan = planColumns(
      source,
      ordered.map(({ plugin }) => plugin),
    );
    this.batch = new Batch(new ColumnSet(BATCH_CAPACITY, plan.keys));
    this.#specs = ordered.filter(
      ({ plugin }) => plugin.kind !== 'input' || plan.activeInputs.has(plugin),
    );
    this.#services = services;
  }

  #openStages(): void {
    for (const spec of this.#specs) this.#stages.push(this.#openStage(spec));
  }

  #openStage({ plugin, title, options }: StageSpec): Stage {
    const context = {
      ...this.#services.context,
      options,
      columns: this.batch.columns,
      log: this.#services.log(title),
      fail: (error: Error) => this.#services.fail(title, error),
    };
    switch (plugin.kind) {
      case 'input':
        return { kind: 'input', title, instance: plugin.open(context) };
      case 'filter':
        return { kind: 'filter', title, instance: plugin.open(context) };
      case 'output':
        return {
          kind: 'output',
          title,
          instance: plugin.open(context),
          failures: { dropped: 0, errors: 0 },
        };
    }
  }

  /** Sends the batch, as the source has filled it, through the plugins. */
  run(): void {
    const batch = this.batch;
    this.decoded += batch.count;
    batch.selectAll();
    for (const stage of this.#stages) {
      try {
        runStage(stage, batch);
      } catch (error) {
        this.#stageFailed(stage, toError(error));
      }
    }
  }

  /** Accounts for the rows that a plugin which threw will not treat. */
  #stageFailed(stage: Stage, error: Error): void {
    const { batch } = this;
    if (stage.kind === 'output') {
      stage.failures.dropped += batch.selected;
      stage.failures.errors++;
    } else if (stage.kind === 'filter') {
      // It guards what comes after it: where it cannot tell, nothing may pass.
      this.#services.log(stage.title).counted('records held back by a failure', batch.selected);
      batch.selected = 0;
    }
    this.#services.fail(stage.title, error);
  }

  outputs(): NamedOutputCounters[] {
    return this.#stages.flatMap((stage) => (stage.kind === 'output' ? [countersOf(stage)] : []));
  }

  /** SIGHUP. An output that cannot be reopened goes on with what it has; the log says so. */
  reopen(): void {
    for (const stage of this.#stages) {
      if (stage.kind !== 'output') continue;
      try {
        stage.instance.reopen?.();
      } catch (error) {
        const reason = messageOf(error);
        this.#services
          .log(stage.title)
          .error(`cannot reopen, going on with the old file: ${reason}`);
      }
    }
  }

  /** Closes the plugins, all at the same time; outputs flush what they hold. */
  async close(): Promise<void> {
    const closing = this.#stages.map(async ({ instance, title }) => {
      try {
        await withTimeout(Promise.resolve(instance.close?.()), CLOSE_TIMEOUT_MS);
      } catch (error) {
        this.#services.fail(title, toError(error));
      }
    });
    await Promise.all(closing);
  }
}

function countersOf({
  title,
  instance,
  failures,
}: Stage & { kind: 'output' }): NamedOutputCounters {
  const { written, dropped, errors } = instance.counters;
  return {
    title,
    written,
    dropped: dropped + failures.dropped,
    errors: errors + failures.errors,
  };
}

async function withTimeout(closing: Promise<void>, timeout: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not closed within ${timeout} ms`)), timeout);
  });
  try {
    await Promise.race([closing, expired]);
  } finally {
    clearTimeout(timer);
  }
}

function runStage(stage: Stage, batch: Batch): void {
  switch (stage.kind) {
    case 'input':
      stage.instance.fill(batch);
      break;
    case 'filter':
      stage.instance.select(batch);
      break;
    case 'output':
      if (batch.selected > 0) stage.instance.write(batch);
      break;
  }
}
