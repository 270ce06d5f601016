import {
  openRemote,
  type RemoteValues,
} from '../../../../../../src/plugins/output/json/remote/index.ts';
import type { RecordSink } from '../../../../../../src/plugins/output/record-sink.ts';
import { ColumnSet } from '../../../../../../src/records/column-set.ts';
import { until } from '../../../../../support/until.ts';
import { type FakeContext, fakeContext, fakeHost } from '../../../fake-context.ts';

const M = 1 << 20;

/** The options' defaults, with a receiver by TCP. */
export const defaults: RemoteValues = {
  jsonmode: 'tcp',
  jsonfile: '/nowhere',
  jsonhost: '127.0.0.1',
  jsonport: 12_345,
  jsonqueue: 8 * M,
  jsonresend: 8 * M,
  jsonspool: undefined,
  jsonspoolmax: 1024 * M,
};

/** A sink as JSON opens it, and what it logs. */
export class OpenSink implements AsyncDisposable {
  readonly context: FakeContext<unknown>;
  readonly sink: RecordSink;

  constructor(values: Partial<RemoteValues>, others: Partial<FakeContext<unknown>> = {}) {
    const host = fakeHost({ uid: process.geteuid?.() ?? 0 });
    this.context = fakeContext<unknown>(new ColumnSet(1, []), undefined, { host, ...others });
    this.sink = openRemote(this.context, { ...defaults, ...values });
  }

  get lines(): readonly string[] {
    return this.context.log.lines;
  }

  details(): Readonly<Record<string, number>> {
    return this.sink.details?.() ?? {};
  }

  /** Writes a batch as RecordOutput does; returns the records for which there was room. */
  write(...records: string[]): string[] {
    const { sink } = this;
    const taken = records.filter((record) => {
      if (!sink.reserve(record.length + 32)) return false;
      const bytes = Buffer.from(sink.view.buffer);
      sink.commit(sink.position + bytes.write(`${record}\n`, sink.position, 'latin1'));
      return true;
    });
    if (taken.length < records.length) sink.drop(records.length - taken.length);
    sink.endBatch();
    return taken;
  }

  /** Resolves when a line of the log matches. */
  async logged(pattern: RegExp): Promise<string> {
    const find = () => this.lines.find((line) => pattern.test(line));
    await until(async () => find() !== undefined, `log line ${pattern}`);
    return find() ?? '';
  }

  /** Resolves when a counter of `details` has a value. */
  async reached(name: string, value: number): Promise<void> {
    await until(async () => this.details()[name] === value, `${name} ${value}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sink.close();
  }
}

/** `prefix 0`, `prefix 1` … */
export const numbered = (count: number, prefix = 'record', from = 0): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix} ${from + i}`);

/** Each once, in the order in which they came first. */
export const distinct = (lines: readonly string[]): string[] => [...new Set(lines)];
