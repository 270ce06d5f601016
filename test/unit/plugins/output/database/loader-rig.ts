import { expect, vi } from 'vitest';
import type { OutputCounters } from '../../../../../src/plugins/api.ts';
import { Loader } from '../../../../../src/plugins/output/database/loader.ts';
import type { LoaderOptions } from '../../../../../src/plugins/output/database/loader-options.ts';
import { sessionsOf } from '../../../../../src/plugins/output/database/open-database.ts';
import { Overflow } from '../../../../../src/plugins/output/queue/overflow.ts';
import { RecordBuffer } from '../../../../../src/plugins/output/queue/record-buffer.ts';
import type { Spool } from '../../../../../src/spool/index.ts';
import { LoggedLines } from '../../fake-context.ts';
import { column, FakeDatabase, tableOf } from './fake-database.ts';
import { type NumberedRows, numberedRows } from './numbered-rows.ts';

const layout = tableOf(
  column('specter_id', { kind: 'uuid' }),
  column('oob_mark', { kind: 'integer', max: 0xffff_ffffn }),
);

export interface RigOptions extends Partial<LoaderOptions> {
  readonly spool?: Spool;
  readonly rows?: NumberedRows;
  /** Default: a new one that works. */
  readonly database?: FakeDatabase;
  /** What the database's connect throws. */
  readonly down?: Error;
}

/** A loader of numbered rows into a database in memory. */
export class LoaderRig {
  readonly database: FakeDatabase;
  readonly log = new LoggedLines();
  readonly counters: OutputCounters = { written: 0, dropped: 0, errors: 0 };
  readonly loader: Loader;
  readonly rows: NumberedRows;

  constructor({ spool, rows = numberedRows(), database, down, ...options }: RigOptions = {}) {
    this.database = database ?? new FakeDatabase(layout);
    this.database.down = down;
    this.rows = rows;
    const buffer = new RecordBuffer(rows.head);
    const { log } = this;
    this.loader = new Loader(
      {
        ...{ opener: sessionsOf(this.database), log },
        ...{ batchRows: 100, flushMs: 20, reconnectMs: 50, shutdownMs: 500, queueBytes: 1 << 20 },
        whenReady: (begin) => {
          begin();
          return () => {};
        },
        overflow: spool && ((parts) => new Overflow({ spool, log, ...parts })),
        ...options,
      },
      buffer,
      this.counters,
    );
    rows.into(buffer, this.loader);
    rigs.push(this);
  }

  /** The numbers of the rows in the table, in its order. */
  get numbers(): number[] {
    return this.database.rows.map(({ oob_mark: mark }) => Number(mark));
  }

  details(): Readonly<Record<string, number>> {
    return this.loader.details();
  }
}

const rigs: LoaderRig[] = [];

/** Ends what tests have left. */
export async function endRigs(): Promise<void> {
  for (const { database, loader } of rigs.splice(0)) {
    database.down = undefined;
    await loader.close();
  }
}

/** 0, 1 … */
export const first = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

export const connected = (rig: LoaderRig): Promise<void> =>
  vi.waitFor(() => expect(rig.details().connects).toBe(1));
