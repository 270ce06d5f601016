import type { Batch } from '../../records/batch.ts';
import type { ColumnSet } from '../../records/column-set.ts';
import { type Literal, literal, SLACK, writeLiteral } from '../../records/text.ts';
import { ValueText } from '../../records/value-text.ts';
import {
  defineOptions,
  defineOutput,
  type OptionValues,
  type OutputInstance,
  type PluginContext,
} from '../api.ts';
import { AppendFile } from './append-file.ts';
import { CHUNK_SIZE } from './chunk-pool.ts';

const options = defineOptions({
  dumpfile: {
    type: 'path',
    access: 'write',
    default: '/var/log/specter.oprint',
    aliases: ['file'],
    help: 'file that packets are appended to',
  },
  dumpsync: {
    type: 'flag',
    aliases: ['sync'],
    help: 'make packets visible after each batch instead of within a second',
  },
});

const boundary = literal('===>PACKET BOUNDARY\n');
const NEWLINE = 0x0a;

interface Field {
  /** `key=` */
  readonly name: Literal;
  readonly value: ValueText;
}

/** Writes every key of a packet on a line of its own. */
class Oprint implements OutputInstance {
  readonly #file: AppendFile;
  readonly #fields: readonly Field[];

  constructor(context: PluginContext<OptionValues<typeof options>>) {
    const { host, log } = context;
    const fail = (error: Error) => context.fail(error);
    const { dumpfile: path, dumpsync: sync } = context.options;
    this.#file = new AppendFile({ path, sync, host, log, fail });
    this.#fields = fieldsOf(context.columns);
  }

  get counters() {
    return this.#file.counters;
  }

  write(batch: Batch): void {
    const file = this.#file;
    const selected = batch.selected;
    for (let i = 0; i < selected; i++) {
      const row = batch.row(i);
      const room = this.#room(row);
      if (room > CHUNK_SIZE || !file.reserve(room)) file.drop(1);
      else file.commit(this.#writeRow(row, file.view, file.position));
    }
    file.endBatch();
  }

  #room(row: number): number {
    let room = boundary.length + SLACK;
    for (const { name, value } of this.#fields) {
      if (value.has(row)) room += name.length + value.room(row) + 1;
    }
    return room;
  }

  #writeRow(row: number, out: DataView, start: number): number {
    let at = writeLiteral(out, start, boundary);
    for (const { name, value } of this.#fields) {
      if (!value.has(row)) continue;
      at = writeLiteral(out, at, name);
      at = value.write(row, out, at);
      out.setUint8(at++, NEWLINE);
    }
    return at;
  }

  reopen(): void {
    this.#file.reopen();
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

function fieldsOf(columns: ColumnSet): Field[] {
  return columns.entries().map(({ key, column }) => ({
    name: literal(`${key.name}=`),
    value: new ValueText(key.type, column),
  }));
}

export const oprint = defineOutput({
  kind: 'output',
  name: 'OPRINT',
  summary: 'appends all keys of each packet to a file, one a line, for debugging',
  options,
  reads: 'all',
  open: (context) => new Oprint(context),
});
