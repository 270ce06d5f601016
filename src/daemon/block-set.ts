import type { BlockConfig } from '../config-grammar/index.ts';
import type { PluginCatalogue } from './catalogue.ts';
import { type BlockServices, LiveBlock, sourceKey } from './live-block.ts';
import type { Logger } from './log.ts';
import { type BlockStatistics, formatStatistics } from './statistics.ts';
import { messageOf } from './to-error.ts';

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

  /** Opens every block, or none: when one fails the others are closed again and it throws. */
  async open(configs: readonly BlockConfig[], catalogue: PluginCatalogue): Promise<void> {
    try {
      for (const config of configs) {
        const block = await this.#open(config, catalogue);
        this.#blocks.set(sourceKey(config), block);
      }
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async #open(config: BlockConfig, catalogue: PluginCatalogue): Promise<LiveBlock> {
    try {
      return await LiveBlock.open(config, catalogue, this.#services);
    } catch (error) {
      throw new Error(`block ${config.name}: ${messageOf(error)}`, { cause: error });
    }
  }

  start(): void {
    for (const block of this.#blocks.values()) block.start();
  }

  /**
   * Goes over to another config. Blocks that are the same in both run on untouched; one whose source
   * stays keeps it, whatever else changes. What is no longer wanted is closed last. A block that
   * cannot be opened or changed is logged; what ran by its name or from its source runs on.
   *
   * @returns how many blocks could not be brought about
   */
  async change(configs: readonly BlockConfig[], catalogue: PluginCatalogue): Promise<number> {
    const failed = new Set<string>();
    for (const config of configs) {
      try {
        await this.#bringAbout(config, catalogue);
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

  async #bringAbout(config: BlockConfig, catalogue: PluginCatalogue): Promise<void> {
    const key = sourceKey(config);
    const running = this.#blocks.get(key);
    if (running?.matches(config)) return;
    if (running) {
      const { name } = running;
      await running.change(config, catalogue);
      const renamed = name === config.name ? '' : `, was block ${name}`;
      this.#log.notice(`block ${config.name}: changed${renamed}`);
      return;
    }
    const block = await LiveBlock.open(config, catalogue, this.#services);
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
