import type { InputPlugin, StagePlugin } from '../plugins/api.ts';

interface Staged {
  readonly plugin: StagePlugin;
}

/**
 * The order in which a block's plugins see a batch: inputs first, each behind those whose keys it
 * reads, wherever the config lists them; then filters and outputs as listed.
 */
export function orderStages<Stage extends Staged>(stages: readonly Stage[]): Stage[] {
  const waiting = stages.filter(({ plugin }) => plugin.kind === 'input');
  const ordered: Stage[] = [];
  while (waiting.length > 0) {
    const free = waiting.findIndex((stage) => !waiting.some((other) => feeds(other, stage)));
    // Inputs that read each other's keys: as listed, there is no right order.
    ordered.push(...waiting.splice(Math.max(free, 0), 1));
  }
  return [...ordered, ...stages.filter(({ plugin }) => plugin.kind !== 'input')];
}

function feeds(provider: Staged, reader: Staged): boolean {
  if (provider === reader || !isInput(provider.plugin) || !isInput(reader.plugin)) return false;
  const provided = new Set(provider.plugin.provides.map(({ name }) => name));
  // An input reads its own keys itself, whoever else provides them.
  const own = new Set(reader.plugin.provides.map(({ name }) => name));
  return reader.plugin.reads.some(({ name }) => provided.has(name) && !own.has(name));
}

const isInput = (plugin: StagePlugin): plugin is InputPlugin => plugin.kind === 'input';
