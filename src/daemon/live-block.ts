import type { BlockConfig, StageConfig } from '../config-grammar/index.ts';
import type { PluginLog, SourceContext, SourceInstance, SourcePlugin } from '../plugins/api.ts';
import type { PluginCatalogue } from './catalogue.ts';
import { Pipeline } from './pipeline.ts';
import { SourceGate } from './source-gate.ts';
import type { StageServices, StageSpec } from './stage.ts';
import { addStages, type BlockStatistics, type StageStatistics } from './statistics.ts';

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

/** A block of the config at work: a bound source and the pipeline that it feeds. */
export class LiveBlock {
  #config: BlockConfig;
  readonly #sourcePlugin: SourcePlugin;
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
    sourcePlugin: SourcePlugin,
    source: SourceInstance<unknown>,
    gate: SourceGate,
    pipeline: Pipeline,
  ) {
    this.#config = config;
    this.#services = services;
    this.#sourcePlugin = sourcePlugin;
    this.#source = source;
    this.#gate = gate;
    this.#pipeline = pipeline;
    gate.guard(source);
    source.attach(pipeline.batch, () => pipeline.run());
  }

  /** Binds the source and opens the plugins; nothing flows before `start`. */
  static async open(
    config: BlockConfig,
    catalogue: PluginCatalogue,
    services: BlockServices,
  ): Promise<LiveBlock> {
    const plugin = catalogue.sourceOf(config.source.schema);
    const gate = new SourceGate();
    const pipeline = await openPipeline(config, plugin, catalogue, services, gate);
    try {
      const source = plugin.open({
        ...services.source,
        block: config.name,
        options: config.source.options.values,
        log: services.log(config.name, plugin.name),
        fail: (error) => services.fail(config.name, plugin.name, error),
      });
      return new LiveBlock(config, services, plugin, source, gate, pipeline);
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
  async change(config: BlockConfig, catalogue: PluginCatalogue): Promise<void> {
    const plugin = this.#sourcePlugin;
    const pipeline = await openPipeline(config, plugin, catalogue, this.#services, this.#gate);
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
  config: BlockConfig,
  source: SourcePlugin,
  catalogue: PluginCatalogue,
  services: BlockServices,
  gate: SourceGate,
): Promise<Pipeline> {
  const { group } = config.source.options.values;
  const block = {
    block: config.name,
    group: typeof group === 'number' ? group : undefined,
    host: services.source.host,
  };
  const specs = config.plugins.map((stage) => stageSpec(stage, catalogue));
  const stageServices: StageServices = {
    log: (title) => services.log(config.name, title),
    block,
    hold: () => gate.hold(),
    fail: (title, error) => services.fail(config.name, title, error),
  };
  return Pipeline.open(source, specs, stageServices);
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
