import type { NumberColumn } from '../../records/column.ts';
import type { ColumnSet } from '../../records/column-set.ts';
import { SyslogTime } from '../../records/local-time.ts';
import { type Literal, literal, writeLiteral } from '../../records/text.ts';
import { defineOptions, defineOutput } from '../api.ts';
import { fileOptions, openFile } from './file-options.ts';
import { LogLine } from './log-line.ts';
import { type RecordFormat, RecordOutput } from './record-output.ts';

const options = defineOptions(fileOptions('logemu', '/var/log/specter.logemu', 'lines'));

/** `Nov 22 02:05:43 host ` and the packet's log line, as syslog would write it. */
class LogemuLine implements RecordFormat {
  readonly #line: LogLine;
  readonly #second: NumberColumn;
  readonly #time = new SyslogTime();
  /** ` host ` */
  readonly #host: Literal;
  readonly #maxLength: number;

  constructor(columns: ColumnSet, hostname: string) {
    this.#line = new LogLine(columns);
    this.#second = columns.readNumbers('oob.time.sec');
    this.#host = literal(` ${hostname} `);
    this.#maxLength = SyslogTime.LENGTH + this.#host.length + LogLine.MAX_LENGTH + 1;
  }

  room(): number {
    return this.#maxLength;
  }

  write(row: number, out: DataView, start: number): number {
    let at = this.#time.write(out, start, this.#second.get(row));
    at = writeLiteral(out, at, this.#host);
    at = this.#line.write(row, out, at);
    out.setUint8(at, 0x0a);
    return at + 1;
  }
}

export const logemu = defineOutput({
  kind: 'output',
  name: 'LOGEMU',
  summary: "appends a line to a file for each packet, as the kernel's LOG target does to syslog",
  options,
  reads: [{ name: 'oob.time.sec', required: true }, ...LogLine.reads],
  open: (context) => {
    const { logemufile, logemusync } = context.options;
    const format = new LogemuLine(context.columns, context.host.hostname);
    return new RecordOutput(format, openFile(context, logemufile, logemusync));
  },
});
