import type { Stage } from '../daemon/stage.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What an instance must have, by the plugin's kind. */
const methods: Readonly<Record<Stage['kind'], readonly string[]>> = {
  input: ['fill'],
  filter: ['select'],
  output: ['write', 'close'],
};
const optional: Readonly<Record<Stage['kind'], readonly string[]>> = {
  input: ['close'],
  filter: ['details', 'reopen', 'close'],
  output: ['details', 'reopen'],
};

/** What `open` returned that is no instance of its kind: third-party code may return anything. */
export function shapeProblem({ kind, instance }: Stage): string | undefined {
  if (!isObject(instance)) return `open returned ${String(instance)}, which is no instance`;
  const fields: Fields = instance;
  for (const name of methods[kind]) {
    if (typeof fields[name] !== 'function') return `the instance has no function ${name}`;
  }
  for (const name of optional[kind]) {
    if (fields[name] !== undefined && typeof fields[name] !== 'function') {
      return `${name} of the instance is no function`;
    }
  }
  if (kind !== 'output') return undefined;
  const { counters, closeTimeout } = fields;
  if (!isObject(counters)) return 'the instance has no counters { written, dropped, errors }';
  for (const name of ['written', 'dropped', 'errors']) {
    if (typeof counters[name] !== 'number') return `counters.${name} is no number`;
  }
  if (closeTimeout === undefined || (typeof closeTimeout === 'number' && closeTimeout > 0)) {
    return undefined;
  }
  return 'closeTimeout is no number of milliseconds above 0';
}

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
