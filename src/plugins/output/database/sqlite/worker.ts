/**
 * The thread that stores rows in an SQLite file, which nothing else waits for then. It reports once
 * whether it could open the file, and then on each {@link Order}, handing the memory back.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { RowPiece } from '../session.ts';
import { TableWriter } from '../table-writer.ts';
import type { SqliteSettings } from './settings.ts';
import { createSqliteDatabase } from './sqlite-database.ts';
import type { Order, Report, Rows } from './worker-messages.ts';

const port = parentPort;
if (!port) throw new Error('this program is for a thread of specter');

const report = (message: Report, memory?: ArrayBuffer): void =>
  port.postMessage(message, memory ? [memory] : []);

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

async function open(settings: SqliteSettings): Promise<TableWriter | undefined> {
  try {
    return new TableWriter(await createSqliteDatabase(settings).connect(() => {}));
  } catch (error) {
    report({ kind: 'failed', message: messageOf(error) });
    return undefined;
  }
}

function piecesOf({ memory, pieces }: Rows): RowPiece[] {
  let end = 0;
  return pieces.map(({ length, records }) => {
    const start = end;
    end += length;
    return { bytes: new Uint8Array(memory, start, length), records };
  });
}

async function store(writer: TableWriter, rows: Rows): Promise<void> {
  const { memory } = rows;
  try {
    report({ kind: 'stored', result: await writer.store(piecesOf(rows)), memory }, memory);
  } catch (error) {
    report({ kind: 'failed', message: messageOf(error), memory }, memory);
  }
}

const settings: SqliteSettings = workerData;
const writer = await open(settings);
if (writer) {
  // An order comes when the one before has been reported on, or is the last.
  let last = Promise.resolve();
  port.on('message', (order: Order) => {
    last = last.then(async () => {
      if (order) return store(writer, order);
      await writer.close();
      port.close();
    });
  });
  report({ kind: 'opened', layout: writer.layout });
}
