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

/**
 * Rows of a batch. Large enough that what is done once a batch costs nothing; small enough that
 * its columns stay in the second-level cache.
 */
const BATCH_CAPACITY = 1024;

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
  | { readonly kind: 'output'; readonly title: string; readonly instance: OutputInstance };

/** Counters of an output with the name that it has in messages. */
export interface NamedOutputCounters extends Readonly<OutputCounters> {
  readonly title: string;
}

/** What a block's records go through: its opened plugins and the batch that travels through them. */
export class Pipeline {
  readonly batch: Batch;
  /** Rows that went through the inputs. */
  decoded = 0;
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

  /** The plugins that have work to do, in the order in which they see a batch. */
  readonly #specs: readonly StageSpec[];

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
        return { kind: 'output', title, instance: plugin.open(context) };
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
        // A filter guards what comes after it: where it cannot tell, nothing may pass.
        if (stage.kind === 'filter') batch.selected = 0;
        this.#services.fail(stage.title, error instanceof Error ? error : new Error(String(error)));
      }
    }
  }

  outputs(): NamedOutputCounters[] {
    return this.#stages.flatMap((stage) =>
      stage.kind === 'output' ? [{ title: stage.title, ...stage.instance.counters }] : [],
    );
  }

  /** SIGHUP. An output that cannot be reopened goes on with what it has; the log says so. */
  reopen(): void {
    for (const stage of this.#stages) {
      if (stage.kind !== 'output') continue;
      try {
        stage.instance.reopen?.();
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        this.#services
          .log(stage.title)
          .error(`cannot reopen, going on with the old file: ${reason}`);
      }
    }
  }

  /** Closes the plugins in the order of the records, outputs flushing what they hold. */
  async close(): Promise<void> {
    const closing = this.#stages.map(async ({ instance, title }) => {
      try {
        await instance.close?.();
      } catch (error) {
        this.#services.fail(title, error instanceof Error ? error : new Error(String(error)));
      }
    });
    await Promise.all(closing);
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
