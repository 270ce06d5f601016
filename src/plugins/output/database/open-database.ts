import type { Key } from '../../../records/key.ts';
import type { OutputContext, OutputCounters, OutputInstance } from '../../api.ts';
import { onceAtWork } from '../queue/at-work.ts';
import { openSpool } from '../queue/open-spool.ts';
import { Overflow } from '../queue/overflow.ts';
import { QueueSink } from '../queue/queue-sink.ts';
import { RecordBuffer } from '../queue/record-buffer.ts';
import { RecordOutput } from '../record-output.ts';
import { emptyColumns } from './check-layout.ts';
import type { Database } from './database.ts';
import type { TableLayout } from './layout.ts';
import { Loader } from './loader.ts';
import type { LoaderOptions } from './loader-options.ts';
import type { CommonValues } from './options.ts';
import { RowFormat } from './row-format.ts';
import type { SessionOpener } from './session.ts';
import { TableWriter } from './table-writer.ts';

/** What the end takes beyond the time for storing: connection and spool. */
const END_MS = 5000;

/** Sessions in this thread. */
export const sessionsOf = (database: Database): SessionOpener => ({
  name: database.name,
  open: async (lost) => new TableWriter(await database.connect(lost)),
});

/**
 * An output that stores a row for each record.
 *
 * @param plugin its name, for messages
 * @throws SpoolError if the folder of the spool cannot be had
 */
export function openDatabase(
  context: OutputContext<unknown>,
  plugin: string,
  opener: SessionOpener,
  values: CommonValues,
): OutputInstance {
  const { columns, surveyed, log } = context;
  const keys = surveyed.flatMap((name) => columns.find(name) ?? []);
  const format = new RowFormat(keys);
  const buffer = new RecordBuffer(format.head);
  const counters: OutputCounters = { written: 0, dropped: 0, errors: 0 };
  const { batch: batchRows, queue: queueBytes } = values;
  let told = '';
  const options: LoaderOptions = {
    ...{ opener, batchRows, queueBytes, log },
    flushMs: values.flush,
    reconnectMs: values.reconnect,
    shutdownMs: values.shutdown,
    overflow: overflowOf(context, plugin, values),
    whenReady: (begin) => onceAtWork(context.host, begin),
    connected: (layout) => {
      const problems = aboutEmpty(
        layout,
        keys.map(({ key }) => key),
      );
      if (problems !== told && problems !== '') log.error(problems);
      told = problems;
    },
  };
  const carrier = new Loader(options, buffer, counters);
  const { name } = opener;
  const closeTimeout = values.shutdown + END_MS;
  const pieceRecords = batchRows;
  return new RecordOutput(
    format,
    new QueueSink({ buffer, carrier, counters, name, queueBytes, pieceRecords, closeTimeout, log }),
  );
}

function overflowOf(
  context: OutputContext<unknown>,
  plugin: string,
  { spool: folder, spoolmax }: CommonValues,
): LoaderOptions['overflow'] {
  if (folder === undefined) return undefined;
  const spool = openSpool(context, plugin, folder, spoolmax);
  return (parts) => new Overflow({ spool, log: context.log, ...parts });
}

/** What the table has that rows, as they are, cannot fill: it was changed since, or was not known. */
function aboutEmpty(layout: TableLayout, keys: readonly Key[]): string {
  const names = emptyColumns(layout, keys);
  if (names.length === 0) return '';
  return `table ${layout.table}: nothing was read for ${names.join(', ')}, which stay empty; a restart, or a change of the block and SIGUSR1, looks at the table again`;
}
