import { parsePrefix } from '../config-grammar/index.ts';
import type { Counts, OutputCounters, StagePlugin } from '../plugins/api.ts';
import type { KeyColumn } from '../records/column-set.ts';
import type { Key } from '../records/key.ts';
import { SLACK } from '../records/text.ts';
import { ValueText } from '../records/value-text.ts';
import { readFiles } from './effects.ts';
import type { Row, Value } from './rows.ts';
import { Subject } from './subject.ts';
import { Trial } from './trial.ts';

/**
 * The keys of a record as a test writes them: numbers; bigints for `u64`; addresses as text, as in
 * `10.0.0.1` and `02:00:00:00:00:01`; strings as text or bytes; raw data as bytes.
 */
export type RecordInput = Readonly<Record<string, number | bigint | string | Uint8Array>>;

/** The keys that a plugin filled: numbers as such, all others as outputs print them. */
export type RecordOutput = Readonly<Record<string, number | string>>;

export interface RunOptions {
  /** Lines of the plugin's section in a config: `tallyinterval 5s`. Default: none. */
  readonly options?: readonly string[];
  /** Plugins whose keys it may read, besides those of specter. Default: none. */
  readonly with?: readonly StagePlugin[];
}

export interface RunResult {
  /** Of inputs and filters: the keys that they filled, for each record that went on. */
  readonly rows: readonly RecordOutput[];
  /** Indexes of the records that went on; all of them but for filters. */
  readonly passed: readonly number[];
  /** `notice: message`; events that packets cause as `counted: event: 3`. */
  readonly log: readonly string[];
  /** Of outputs, once closed. */
  readonly counters?: OutputCounters;
  readonly details?: Counts;
  /** Contents of the files that it wrote, in the order of their paths; a character for each byte. */
  readonly files: readonly string[];
}

/**
 * Opens a plugin, hands it records in one batch, and closes it. Files lie in a temporary folder.
 *
 * @throws UnusableOptions when the options are no valid config
 * @throws TypeError for a key that nobody provides or a value that is none of its type
 */
export async function runPlugin(
  plugin: StagePlugin,
  records: readonly RecordInput[],
  { options = [], with: others = [] }: RunOptions = {},
): Promise<RunResult> {
  const subject = new Subject(plugin, options, others);
  const rows = records.map((record) => rowOf(record, subject.provided));
  await using trial = new Trial(subject, { capacity: Math.max(1, rows.length) });
  trial.hand(rows);
  const { batch } = trial;
  const passed = [...batch.rows.subarray(0, batch.selected)];
  const own = trial.columns.filter(({ key }) => subject.own.includes(key));
  const filled = passed.map((row) => recordOf(own, row));
  await trial.close();
  const { counters, details, log, host } = trial;
  return {
    rows: plugin.kind === 'output' ? [] : filled,
    passed,
    log: log.lines,
    ...(counters && { counters }),
    ...(details && { details }),
    files: readFiles(host.folder),
  };
}

function rowOf(record: RecordInput, keys: readonly Key[]): Row {
  return new Map(
    Object.entries(record).map(([name, value]) => {
      const key = keys.find((provided) => provided.name === name);
      if (!key) throw new TypeError(`nothing provides the key ${name}`);
      return [name, toValue(key, value)];
    }),
  );
}

function toValue({ name, type }: Key, value: RecordInput[string]): Value {
  if (typeof value !== 'string') return value;
  if (type === 'string') return new Uint8Array(Buffer.from(value));
  if (type === 'mac') return Uint8Array.from(value.split(':'), (byte) => Number.parseInt(byte, 16));
  const address = type === 'ip' ? parsePrefix(value) : undefined;
  if (!address?.ok) throw new TypeError(`"${value}" is no value of key ${name}, which is ${type}`);
  return address.value.bytes;
}

function recordOf(columns: readonly KeyColumn[], row: number): RecordOutput {
  const present = columns.filter(({ column }) => column.has(row));
  return Object.fromEntries(present.map((entry) => [entry.key.name, outputOf(entry, row)]));
}

function outputOf({ key, column }: KeyColumn, row: number): number | string {
  const text = new ValueText(key.type, column);
  const bytes = new Uint8Array(text.room(row) + SLACK);
  const end = text.write(row, new DataView(bytes.buffer), 0);
  const written = Buffer.from(bytes.subarray(0, end)).toString();
  return ['bool', 'u8', 'u16', 'u32'].includes(key.type) ? Number(written) : written;
}
