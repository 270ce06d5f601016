import type { Batch } from '../../records/batch.ts';
import type { NumberColumn } from '../../records/column.ts';
import { SyslogTime } from '../../records/local-time.ts';
import { type Literal, literal, writeLiteral } from '../../records/text.ts';
import {
  defineOptions,
  defineOutput,
  type OptionValues,
  type OutputInstance,
  type PluginContext,
} from '../api.ts';
import { AppendFile } from './append-file.ts';
import { LogLine } from './log-line.ts';

const options = defineOptions({
  logemufile: {
    type: 'path',
    access: 'write',
    default: '/var/log/specter.logemu',
    aliases: ['file'],
    help: 'file that lines are appended to',
  },
  logemusync: {
    type: 'flag',
    aliases: ['sync'],
    help: 'make lines visible after each batch instead of within a second',
  },
});

/** Writes `Nov 22 02:05:43 host ` and the packet's log line, as syslog would. */
class Logemu implements OutputInstance {
  readonly #file: AppendFile;
  readonly #line: LogLine;
  readonly #second: NumberColumn;
  readonly #time = new SyslogTime();
  /** ` host ` */
  readonly #host: Literal;
  readonly #maxLength: number;

  constructor(context: PluginContext<OptionValues<typeof options>>) {
    const { host, log } = context;
    const fail = (error: Error) => context.fail(error);
    const { logemufile: path, logemusync: sync } = context.options;
    this.#file = new AppendFile({ path, sync, host, log, fail });
    this.#line = new LogLine(context.columns);
    this.#second = context.columns.readNumbers('oob.time.sec');
    this.#host = literal(` ${host.hostname} `);
    this.#maxLength = SyslogTime.LENGTH + this.#host.length + LogLine.MAX_LENGTH + 1;
  }

  get counters() {
    return this.#file.counters;
  }

  write(batch: Batch): void {
    const file = this.#file;
    const selected = batch.selected;
    for (let i = 0; i < selected; i++) {
      if (!file.reserve(this.#maxLength)) {
        file.drop(selected - i);
        break;
      }
      const row = batch.row(i);
      const out = file.view;
      let at = this.#time.write(out, file.position, this.#second.get(row));
      at = writeLiteral(out, at, this.#host);
      at = this.#line.write(row, out, at);
      out.setUint8(at, 0x0a);
      file.commit(at + 1);
    }
    file.endBatch();
  }

  reopen(): void {
    this.#file.reopen();
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

export const logemu = defineOutput({
  kind: 'output',
  name: 'LOGEMU',
  summary: "appends a line to a file for each packet, as the kernel's LOG target does to syslog",
  options,
  reads: [{ name: 'oob.time.sec', required: true }, ...LogLine.reads],
  open: (context) => new Logemu(context),
});
