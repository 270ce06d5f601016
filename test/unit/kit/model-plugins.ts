import { closeSync, writeSync } from 'node:fs';
import {
  defineFilter,
  defineInput,
  defineOptions,
  defineOutput,
  type FilterInstance,
  type FilterPlugin,
  type InputInstance,
  type InputPlugin,
  type OutputContext,
  type OutputInstance,
  type OutputPlugin,
  type PluginContext,
} from '../../../src/plugins/api.ts';
import type { Batch } from '../../../src/records/batch.ts';
import { key } from '../../../src/records/key.ts';

/** Plugins that keep every rule, to be spoilt in one point. */

export const modelKeys = {
  length: key('model.length', 'u32', 'bytes of the packet'),
  double: key('model.double', 'u32', 'twice that'),
};

export function input(
  changes: Partial<InputPlugin> = {},
  spoil: (context: PluginContext<unknown>) => Partial<InputInstance> = () => ({}),
): InputPlugin {
  return defineInput({
    kind: 'input',
    name: 'MODEL',
    summary: 'tells how long packets are',
    options: {},
    reads: [{ name: 'raw.pkt' }],
    provides: Object.values(modelKeys),
    open: (context) => {
      const { columns } = context;
      const packet = columns.readBytes('raw.pkt');
      const [length, double] = [
        columns.numbers(modelKeys.length),
        columns.numbers(modelKeys.double),
      ];
      return {
        fill(batch) {
          for (let row = 0; row < batch.count; row++) {
            if (!packet.has(row)) continue;
            length.set(row, packet.length(row));
            double.set(row, 2 * packet.length(row));
          }
        },
        ...spoil(context),
      };
    },
    ...changes,
  });
}

export function filter(
  changes: Partial<FilterPlugin> = {},
  spoil: (context: PluginContext<unknown>) => Partial<FilterInstance> = () => ({}),
): FilterPlugin {
  return defineFilter({
    kind: 'filter',
    name: 'MODEL',
    summary: 'lets even packets pass',
    options: {},
    reads: [{ name: 'raw.pkt' }],
    provides: [modelKeys.length],
    open: (context) => {
      const packet = context.columns.readBytes('raw.pkt');
      const length = context.columns.numbers(modelKeys.length);
      return {
        select(batch) {
          let passed = 0;
          for (let i = 0; i < batch.selected; i++) {
            const row = batch.row(i);
            if (!packet.has(row) || packet.length(row) % 2 !== 0) continue;
            length.set(row, packet.length(row));
            batch.rows[passed++] = row;
          }
          batch.selected = passed;
        },
        ...spoil(context),
      };
    },
    ...changes,
  });
}

export const modelOptions = defineOptions({
  modelfile: { type: 'path', access: 'write', default: '/var/log/model', help: 'file to write to' },
  modellevel: { type: 'enum', values: ['low', 'high'], default: 'low', help: 'how much' },
});

/** What an instance of the output can be spoilt with. */
export interface Model {
  readonly context: OutputContext<{ readonly modelfile: string }>;
  readonly counters: { written: number; dropped: number; errors: number };
  /** As the plugin does it when it is not spoilt. */
  write(batch: Batch): void;
}

/** Writes a byte for each row, and gives up rows that cannot be written. */
export function output(
  changes: Partial<OutputPlugin<typeof modelOptions>> = {},
  spoil: (model: Model) => Partial<OutputInstance> = () => ({}),
): OutputPlugin {
  return defineOutput({
    kind: 'output',
    name: 'MODEL',
    summary: 'writes how long packets are',
    options: modelOptions,
    reads: [{ name: 'raw.pkt' }],
    open: (context) => {
      const packet = context.columns.readBytes('raw.pkt');
      const file = new ModelFile(context.host, context.options.modelfile);
      const counters = { written: 0, dropped: 0, errors: 0 };
      const write = (batch: Batch): void => {
        for (let i = 0; i < batch.selected; i++) {
          const row = batch.row(i);
          if (file.append(packet.has(row) ? packet.length(row) : 0)) counters.written++;
          else {
            counters.dropped++;
            context.log.counted('rows dropped: the file takes no more', 1);
          }
        }
      };
      return {
        counters,
        write,
        reopen: () => file.reopen(),
        close: async () => file.close(),
        ...spoil({ context, counters, write }),
      };
    },
    ...changes,
  });
}

class ModelFile {
  readonly #host: OutputContext<unknown>['host'];
  readonly #path: string;
  #fd: number | undefined;

  constructor(host: OutputContext<unknown>['host'], path: string) {
    this.#host = host;
    this.#path = path;
    this.#fd = host.openAppend(path);
  }

  append(value: number): boolean {
    if (this.#fd === undefined) return false;
    try {
      writeSync(this.#fd, `${value}\n`);
      return true;
    } catch {
      return false;
    }
  }

  reopen(): void {
    this.close();
    this.#fd = this.#host.openAppend(this.#path);
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}
