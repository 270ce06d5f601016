import type { SourcePlugin, StagePlugin } from '../plugins/api.ts';
import { Batch } from '../records/batch.ts';
import { ColumnSet } from '../records/column-set.ts';
import { planColumns } from './column-plan.ts';
import { planRoute, type Route } from './route.ts';
import {
  openStage,
  runStage,
  type Stage,
  type StageServices,
  type StageSpec,
  statisticsOf,
} from './stage.ts';
import { orderStages } from './stage-order.ts';
import type { StageStatistics } from './statistics.ts';
import { messageOf, toError } from './to-error.ts';

/**
 * Rows of a batch. Large enough that what is done once a batch costs nothing; small enough that
 * its columns stay in the second-level cache.
 */
const BATCH_CAPACITY = 1024;
/** A plugin that takes longer than this to close, and did not ask for more, is left behind. */
const CLOSE_TIMEOUT_MS = 10_000;

/** What a block's records go through: its opened plugins and the batch that travels through them. */
export class Pipeline {
  readonly batch: Batch;
  /** Rows that went through the inputs. */
  decoded = 0;
  readonly #stages: Stage[] = [];
  /** The same by plugin, as listed. */
  readonly #instances = new Map<StagePlugin, readonly Stage[]>();
  readonly #services: StageServices;
  #route: Route = [];
  /** What ends the holds of plugins that still keep the source waiting. */
  readonly #holds = new Set<() => void>();

  /** Opens the plugins, as surveyed, inputs first. When one fails, those before it are closed again. */
  static async open(
    source: SourcePlugin,
    specs: readonly StageSpec[],
    services: StageServices,
  ): Promise<Pipeline> {
    const ordered = orderStages(specs);
    const { keys, activeInputs } = planColumns(source, ordered);
    // What waits behind a record is then still in the kernel, not in the batch.
    const capacity = ordered.some(mayHold) ? 1 : BATCH_CAPACITY;
    const pipeline = new Pipeline(new Batch(new ColumnSet(capacity, keys)), services);
    try {
      const working = ordered.filter(
        ({ plugin }) => plugin.kind !== 'input' || activeInputs.has(plugin),
      );
      pipeline.#open(working);
      return pipeline;
    } catch (error) {
      await pipeline.close();
      throw error;
    }
  }

  private constructor(batch: Batch, services: StageServices) {
    this.batch = batch;
    this.#services = services;
  }

  #open(specs: readonly StageSpec[]): void {
    const services = { ...this.#services, hold: () => this.#hold() };
    const open = (spec: StageSpec): Stage => {
      try {
        const stage = openStage(spec, this.batch.columns, services);
        this.#stages.push(stage);
        const others = this.#instances.get(spec.plugin) ?? [];
        this.#instances.set(spec.plugin, [...others, stage]);
        return stage;
      } catch (error) {
        throw new Error(`${spec.title}: ${messageOf(error)}`, { cause: error });
      }
    };
    this.#route = planRoute(specs, open, this.batch.capacity);
  }

  #hold(): () => void {
    const end = this.#services.hold();
    const release = (): void => {
      if (this.#holds.delete(release)) end();
    };
    this.#holds.add(release);
    return release;
  }

  /** Sends the batch, as the source has filled it, through the plugins. */
  run(): void {
    this.decoded += this.batch.count;
    this.batch.selectAll();
    this.#follow(this.#route);
  }

  #follow(route: Route): void {
    const { batch } = this;
    for (const { stage, branch } of route) {
      if (!branch) {
        this.#run(stage);
        continue;
      }
      const selected = batch.keepSelection(branch.kept);
      branch.keys.enter(batch.count);
      this.#run(stage);
      if (batch.selected > 0) this.#follow(branch.route);
      batch.restoreSelection(branch.kept, selected);
      branch.keys.leave(batch.count);
    }
  }

  #run(stage: Stage): void {
    try {
      runStage(stage, this.batch);
    } catch (error) {
      this.#stageFailed(stage, toError(error));
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

  statistics(): StageStatistics[] {
    return this.#stages.map(statisticsOf).filter((counts) => counts !== undefined);
  }

  /** SIGHUP. A plugin that cannot be reopened goes on with what it has; the log says so. */
  reopen(): void {
    for (const stage of this.#stages) {
      if (stage.kind === 'input') continue;
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

  /**
   * Closes the plugins; outputs flush what they hold. Different plugins do so at the same time. Those
   * of one plugin take turns as listed: a command that closes a door may not overtake the one that
   * opens it.
   */
  async close(): Promise<void> {
    const instances = [...this.#instances.values()];
    await Promise.all(instances.map((stages) => this.#closeInTurn(stages)));
    for (const release of this.#holds) release();
  }

  async #closeInTurn(stages: readonly Stage[]): Promise<void> {
    for (const stage of stages) await this.#closeStage(stage);
  }

  async #closeStage(stage: Stage): Promise<void> {
    const { instance, title } = stage;
    const { closeTimeout } = stage.kind === 'output' ? stage.instance : {};
    try {
      await withTimeout(Promise.resolve(instance.close?.()), closeTimeout ?? CLOSE_TIMEOUT_MS);
    } catch (error) {
      this.#services.fail(title, toError(error));
    }
  }
}

const mayHold = ({ plugin, options }: StageSpec): boolean =>
  plugin.kind === 'output' && plugin.holds?.(options) === true;

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
