import { setMaxListeners } from 'node:events';
import type { BlockConfig } from '../config-grammar/index.ts';
import type { PluginCatalogue } from './catalogue.ts';
import {
  type BlockServices,
  LiveBlock,
  type SurveyedBlock,
  sourceKey,
  surveyBlock,
} from './live-block.ts';
import type { Logger } from './log.ts';
import { type BlockStatistics, formatStatistics } from './statistics.ts';
import { allOf } from './survey.ts';
import { messageOf } from './to-error.ts';

/** A block whose plugins look outside. */
interface Survey {
  readonly config: BlockConfig;
  readonly block: Promise<SurveyedBlock>;
}

/** All blocks at work, in the order of the config. */
export class BlockSet {
  /** By sourceKey. */
  readonly #blocks = new Map<string, LiveBlock>();
  readonly #services: BlockServices;
  readonly #log: Logger;

  constructor(services: BlockServices, log: Logger) {
    this.#services = services;
    this.#log = log;
  }

  get size(): number {
    return this.#blocks.size;
  }

  /**
   * Opens every block, or none: when one fails the others are closed again and it throws. All are
   * surveyed before: a source that is bound queues packets that nobody takes yet.
   *
   * @param stop ends the surveys; its reason is thrown then
   */
  async open(
    configs: readonly BlockConfig[],
    catalogue: PluginCatalogue,
    stop: AbortSignal,
  ): Promise<void> {
    const surveys = this.#survey(configs, catalogue, stop);
    const surveyed = await allOf(
      surveys.map(({ config, block }) => inBlock(config, block)),
      stop,
    );
    try {
      for (const block of surveyed) {
        const opening = LiveBlock.open(block, this.#services);
        this.#blocks.set(sourceKey(block.config), await inBlock(block.config, opening));
      }
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** Lets the plugins of all these blocks look outside, at the same time. */
  #survey(
    configs: readonly BlockConfig[],
    catalogue: PluginCatalogue,
    stop: AbortSignal,
  ): Survey[] {
    // One for each survey, as long as it takes: many are no leak.
    setMaxListeners(0, stop);
    return configs.map((config) => ({
      config,
      block: surveyBlock(config, catalogue, this.#services, stop),
    }));
  }

  start(): void {
    for (const block of this.#blocks.values()) block.start();
  }

  /**
   * Goes over to another config. Blocks that are the same in both run on untouched; one whose source
   * stays keeps it, whatever else changes. What is no longer wanted is closed last. A block that
   * cannot be opened or changed is logged; what ran by its name or from its source runs on. All that
   * are not the same are surveyed before anything changes.
   *
   * @param stop ends the surveys; its reason is thrown then, and nothing has changed
   * @returns how many blocks could not be brought about
   */
  async change(
    configs: readonly BlockConfig[],
    catalogue: PluginCatalogue,
    stop: AbortSignal,
  ): Promise<number> {
    const failed = new Set<string>();
    const others = configs.filter(
      (config) => !this.#blocks.get(sourceKey(config))?.matches(config),
    );
    const surveys = this.#survey(others, catalogue, stop);
    await Promise.allSettled(surveys.map(({ block }) => block));
    stop.throwIfAborted();
    for (const { config, block } of surveys) {
      try {
        await this.#bringAbout(await block);
      } catch (error) {
        failed.add(config.name);
        const state = this.#runs(config.name) ? 'it runs on as before' : 'it does not run';
        this.#log.error(`block ${config.name}: ${messageOf(error)}; ${state}`);
      }
    }
    const wanted = new Set(configs.map(sourceKey));
    for (const [key, block] of [...this.#blocks]) {
      if (!wanted.has(key) && !failed.has(block.name)) await this.#remove(key, block);
    }
    return failed.size;
  }

  #runs(name: string): boolean {
    return [...this.#blocks.values()].some((block) => block.name === name);
  }

  async #bringAbout(surveyed: SurveyedBlock): Promise<void> {
    const { config } = surveyed;
    const key = sourceKey(config);
    const running = this.#blocks.get(key);
    if (running) {
      const { name } = running;
      await running.change(surveyed);
      const renamed = name === config.name ? '' : `, was block ${name}`;
      this.#log.notice(`block ${config.name}: changed${renamed}`);
      return;
    }
    const block = await LiveBlock.open(surveyed, this.#services);
    const replaced = this.#runs(config.name);
    this.#blocks.set(key, block);
    block.start();
    this.#log.notice(`block ${config.name}: ${replaced ? 'replaced' : 'added'}`);
  }

  async #remove(key: string, block: LiveBlock): Promise<void> {
    this.#blocks.delete(key);
    await this.#close(block);
    if (!this.#runs(block.name)) this.#log.notice(`block ${block.name}: removed`);
  }

  reopen(): void {
    for (const block of this.#blocks.values()) block.reopen();
  }

  statistics(): BlockStatistics[] {
    return [...this.#blocks.values()].map((block) => block.statistics());
  }

  /** Closes all blocks at the same time; each drains its source and flushes its outputs. */
  async close(): Promise<void> {
    const blocks = [...this.#blocks.values()];
    this.#blocks.clear();
    await Promise.all(blocks.map((block) => this.#close(block)));
  }

  /** Closes a block and logs the final statistics, which are only now complete. */
  async #close(block: LiveBlock): Promise<void> {
    try {
      await block.close();
    } catch (error) {
      this.#log.error(`block ${block.name}: ${messageOf(error)}`);
    }
    for (const line of formatStatistics(block.statistics())) this.#log.notice(line);
  }
}

/** Names the block in the error of what is done for it. */
async function inBlock<Result>({ name }: BlockConfig, work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    throw new Error(`block ${name}: ${messageOf(error)}`, { cause: error });
  }
}
