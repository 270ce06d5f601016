import type { BlockConfig } from '../config-grammar/index.ts';
import type { PluginCatalogue } from './catalogue.ts';
import { type BlockServices, LiveBlock } from './live-block.ts';
import type { Logger } from './log.ts';
import { type BlockStatistics, formatStatistics } from './statistics.ts';

/** All blocks at work, in the order of the config. */
export class BlockSet {
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
        this.#blocks.set(config.name, await LiveBlock.open(config, catalogue, this.#services));
      }
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  start(): void {
    for (const block of this.#blocks.values()) block.start();
  }

  /**
   * Goes over to another config. Blocks that are the same in both run on untouched. A block that
   * cannot be opened or changed is logged; what ran under its name before runs on.
   *
   * @returns how many blocks could not be brought about
   */
  async change(configs: readonly BlockConfig[], catalogue: PluginCatalogue): Promise<number> {
    const names = new Set(configs.map(({ name }) => name));
    for (const block of [...this.#blocks.values()]) {
      if (!names.has(block.name)) await this.#remove(block);
    }
    let failures = 0;
    for (const config of configs) {
      try {
        await this.#bringAbout(config, catalogue);
      } catch (error) {
        failures++;
        const state = this.#blocks.has(config.name) ? 'it runs on as before' : 'it does not run';
        this.#log.error(`block ${config.name}: ${messageOf(error)}; ${state}`);
      }
    }
    return failures;
  }

  async #bringAbout(config: BlockConfig, catalogue: PluginCatalogue): Promise<void> {
    const running = this.#blocks.get(config.name);
    if (running?.fingerprint === config.fingerprint) return;
    if (running?.keepsSource(config)) {
      await running.change(config, catalogue);
      this.#log.notice(`block ${config.name}: changed`);
      return;
    }
    const block = await LiveBlock.open(config, catalogue, this.#services);
    this.#blocks.set(config.name, block);
    block.start();
    this.#log.notice(`block ${config.name}: ${running ? 'replaced' : 'added'}`);
    if (running) await this.#close(running);
  }

  async #remove(block: LiveBlock): Promise<void> {
    this.#blocks.delete(block.name);
    await this.#close(block);
    this.#log.notice(`block ${block.name}: removed`);
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

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
