import type { BlockConfig, StageConfig } from '../config-grammar/index.ts';
import type { PluginLog, SourceContext, SourceInstance, SourcePlugin } from '../plugins/api.ts';
import type { PluginCatalogue } from './catalogue.ts';
import { Pipeline } from './pipeline.ts';
import { SourceGate } from './source-gate.ts';
import type { StageServices, StageSpec } from './stage.ts';
import { addStages, type BlockStatistics, type StageStatistics } from './statistics.ts';
import { surveyStages } from './survey.ts';

/** What blocks need of the daemon. */
export interface BlockServices {
  /** The log for a part of a block: `LOGEMU`, or the source's name. */
  log(block: string, title: string): PluginLog;
  source: Pick<SourceContext<unknown>, 'host' | 'loop' | 'ring' | 'receiveBuffer'>;
  fail(block: string, title: string, error: Error): void;
}

/**
 * Tells which blocks of two configs are fed by the same source, whatever their names: there can only
 * be one of them, and it must not be given up in between.
 */
export const sourceKey = ({ name, source }: BlockConfig): string =>
  `${source.schema.name} ${source.options.values.group ?? name}`;

/** A block of the config, with what its plugins have found outside: all that opening it takes. */
export interface SurveyedBlock {
  readonly config: BlockConfig;
  readonly source: SourcePlugin;
  readonly stages: readonly StageSpec[];
}

/**
 * Lets the plugins of a block look outside; nothing is opened yet.
 *
 * @param stop aborting it ends the wait for them
 * @throws AggregateError of the plugins that failed; the reason of `stop` once that is aborted
 */
export async function surveyBlock(
  config: BlockConfig,
  catalogue: PluginCatalogue,
  services: BlockServices,
  stop: AbortSignal,
): Promise<SurveyedBlock> {
  const source = catalogue.sourceOf(config.source.schema);
  const specs = config.plugins.map((stage) => stageSpec(stage, catalogue));
  const survey = partServices(config, services);
  return { config, source, stages: await surveyStages(source, specs, survey, stop) };
}

/** A block of the config at work: a bound source and the pipeline that it feeds. */
export class LiveBlock {
  #config: BlockConfig;
  readonly #source: SourceInstance<unknown>;
  readonly #services: BlockServices;
  readonly #gate: SourceGate;
  #pipeline: Pipeline;
  /** What the pipelines before this one counted. */
  #decodedBefore = 0;
  #stagesBefore: readonly StageStatistics[] = [];
  /** The pipeline before, while it still writes out what it holds. */
  #closing: Pipeline | undefined;

  private constructor(
    config: BlockConfig,
    services: BlockServices,
    source: SourceInstance<unknown>,
    gate: SourceGate,
    pipeline: Pipeline,
  ) {
    this.#config = config;
    this.#services = services;
    this.#source = source;
    this.#gate = gate;
    this.#pipeline = pipeline;
    gate.guard(source);
    source.attach(pipeline.batch, () => pipeline.run());
  }

  /** Binds the source and opens the plugins; nothing flows before `start`. */
  static async open(block: SurveyedBlock, services: BlockServices): Promise<LiveBlock> {
    const { config, source: plugin } = block;
    const gate = new SourceGate();
    const pipeline = await openPipeline(block, services, gate);
    try {
      const source = plugin.open({
        ...services.source,
        block: config.name,
        options: config.source.options.values,
        log: services.log(config.name, plugin.name),
        fail: (error) => services.fail(config.name, plugin.name, error),
      });
      return new LiveBlock(config, services, source, gate, pipeline);
    } catch (error) {
      await pipeline.close();
      throw error;
    }
  }

  get name(): string {
    return this.#config.name;
  }

  /** Whether the block already is as `config` has it. */
  matches({ name, fingerprint }: BlockConfig): boolean {
    return name === this.#config.name && fingerprint === this.#config.fingerprint;
  }

  start(): void {
    this.#source.start();
  }

  /**
   * Goes over to another config with the same source (sourceKey): the new plugins are opened, the
   * source's options changed, and only then are the old plugins closed. No record is lost; when
   * something fails the block goes on as before and the error is thrown.
   */
  async change(block: SurveyedBlock): Promise<void> {
    const { config } = block;
    const pipeline = await openPipeline(block, this.#services, this.#gate);
    try {
      if (config.source.fingerprint !== this.#config.source.fingerprint) {
        this.#source.reconfigure(config.source.options.values);
      }
    } catch (error) {
      await pipeline.close();
      throw error;
    }
    const old = this.#pipeline;
    this.#source.attach(pipeline.batch, () => pipeline.run());
    this.#pipeline = pipeline;
    this.#config = config;
    this.#decodedBefore += old.decoded;
    this.#closing = old;
    await old.close();
    this.#closing = undefined;
    this.#stagesBefore = addStages(this.#stagesBefore, old.statistics());
  }

  reopen(): void {
    this.#pipeline.reopen();
  }

  statistics(): BlockStatistics {
    const past = addStages(this.#stagesBefore, this.#closing?.statistics() ?? []);
    return {
      block: this.name,
      source: this.#source.counters,
      decoded: this.#decodedBefore + this.#pipeline.decoded,
      stages: addStages(past, this.#pipeline.statistics()),
    };
  }

  /** Stops receiving, delivers what is there, and closes the plugins. */
  async close(): Promise<void> {
    try {
      this.#gate.open();
      await this.#source.close();
    } finally {
      await this.#pipeline.close();
    }
  }
}

function openPipeline(
  { config, source, stages }: SurveyedBlock,
  services: BlockServices,
  gate: SourceGate,
): Promise<Pipeline> {
  return Pipeline.open(source, stages, {
    ...partServices(config, services),
    hold: () => gate.hold(),
    fail: (title, error) => services.fail(config.name, title, error),
  });
}

/** What the plugins of a block get, opened or not. */
function partServices(
  { name, source }: BlockConfig,
  services: BlockServices,
): Pick<StageServices, 'block' | 'log'> {
  const { group } = source.options.values;
  return {
    log: (title) => services.log(name, title),
    block: {
      block: name,
      group: typeof group === 'number' ? group : undefined,
      host: services.source.host,
    },
  };
}

function stageSpec(stage: StageConfig, catalogue: PluginCatalogue): StageSpec {
  const { schema, instance, when, options } = stage;
  return {
    plugin: catalogue.stageOf(schema),
    title: instance === '' ? schema.name : `${schema.name} ${instance}`,
    instance,
    when,
    options: options.values,
  };
}
