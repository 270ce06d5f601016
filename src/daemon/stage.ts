import type { ResolvedValues } from '../config-grammar/index.ts';
import type {
  Counts,
  FilterInstance,
  InputInstance,
  OutputContext,
  OutputInstance,
  PluginLog,
  StagePlugin,
} from '../plugins/api.ts';
import type { Batch } from '../records/batch.ts';
import type { Column } from '../records/column.ts';
import type { ColumnSet } from '../records/column-set.ts';
import type { StageStatistics } from './statistics.ts';

/** A plugin of a block as the config has it. */
export interface StageSpec {
  readonly plugin: StagePlugin;
  /** `LOGEMU`, `EXEC one` */
  readonly title: string;
  /** The words behind the plugin's name in its section; a filter's name. */
  readonly instance: string;
  /** Names of the filters whose rows it sees; empty: those that its place in the block gives it. */
  readonly when: readonly string[];
  readonly options: ResolvedValues;
  /** Keys that its survey has found. */
  readonly surveyed?: readonly string[];
}

/** What opening a stage takes besides its options and columns. */
export interface StageServices {
  readonly block: Pick<OutputContext<unknown>, 'block' | 'group' | 'host'>;
  log(title: string): PluginLog;
  fail(title: string, error: Error): void;
  /** Keeps the block's source waiting until the function that it returns is called. */
  hold(): () => void;
}

/** A filter or output that threw, and what it was handed then. */
interface Failures {
  dropped: number;
  errors: number;
}

export type Stage =
  | { readonly kind: 'input'; readonly title: string; readonly instance: InputInstance }
  | {
      readonly kind: 'filter';
      readonly title: string;
      readonly instance: FilterInstance;
      /** Rows that reached it, and rows that it let pass. */
      readonly counters: { seen: number; passed: number };
      /** The columns that it fills. */
      readonly columns: readonly Column[];
    }
  | {
      readonly kind: 'output';
      readonly title: string;
      readonly instance: OutputInstance;
      readonly failures: Failures;
    };

/** Opens a plugin in its block. */
export function openStage(
  { plugin, title, instance, options, surveyed = [] }: StageSpec,
  columns: ColumnSet,
  services: StageServices,
): Stage {
  const context = {
    ...services.block,
    instance,
    options,
    columns,
    log: services.log(title),
    fail: (error: Error) => services.fail(title, error),
  };
  switch (plugin.kind) {
    case 'input':
      return { kind: 'input', title, instance: plugin.open(context) };
    case 'filter': {
      const filled = plugin.provides.map(({ name }) => columns.find(name)?.column);
      return {
        kind: 'filter',
        title,
        instance: plugin.open(context),
        counters: { seen: 0, passed: 0 },
        columns: filled.filter((column) => column !== undefined),
      };
    }
    case 'output': {
      const output = plugin.open({ ...context, surveyed, hold: () => services.hold() });
      return { kind: 'output', title, instance: output, failures: { dropped: 0, errors: 0 } };
    }
  }
}

/** Hands the batch to the plugin; throws what the plugin throws. */
export function runStage(stage: Stage, batch: Batch): void {
  switch (stage.kind) {
    case 'input':
      stage.instance.fill(batch);
      break;
    case 'filter':
      stage.counters.seen += batch.selected;
      stage.instance.select(batch);
      stage.counters.passed += batch.selected;
      break;
    case 'output':
      if (batch.selected > 0) stage.instance.write(batch);
      break;
  }
}

/** What a stage has counted; undefined for inputs, whose rows the block counts. */
export function statisticsOf(stage: Stage): StageStatistics | undefined {
  const { title } = stage;
  switch (stage.kind) {
    case 'input':
      return undefined;
    case 'filter':
      return { title, counts: { ...stage.counters, ...stage.instance.details?.() } };
    case 'output':
      return { title, counts: outputCounts(stage.instance, stage.failures) };
  }
}

function outputCounts(instance: OutputInstance, failures: Failures): Counts {
  const { written, dropped, errors } = instance.counters;
  return {
    written,
    dropped: dropped + failures.dropped,
    errors: errors + failures.errors,
    ...instance.details?.(),
  };
}
