import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMysqlDatabase } from '../../../src/plugins/output/database/mysql/index.ts';
import { sessionsOf } from '../../../src/plugins/output/database/open-database.ts';
import type { Session, SessionOpener } from '../../../src/plugins/output/database/session.ts';
import { surveyTable } from '../../../src/plugins/output/database/survey-table.ts';
import { key } from '../../../src/records/key.ts';
import { MariadbServer } from '../../support/mariadb-server.ts';
import { requireTools, title } from '../../support/requirements.ts';
import { rowPiece } from '../../support/row-piece.ts';
import { fakeHost, LoggedLines } from '../../unit/plugins/fake-context.ts';

const missing = requireTools('mariadbd', 'mariadb', 'mariadb-install-db');
const noOneLost = (error: Error) => {
  throw error;
};
const u32 = (name: string) => ({ name, type: 'u32' }) as const;
const keys = ['oob.mark', 'oob.time.sec', 'oob.time.usec'].map((name) => key(name, 'u32', ''));

const survey = (opener: SessionOpener) =>
  surveyTable(
    opener,
    { host: fakeHost(), keys, log: new LoggedLines() },
    { prefix: 'mysql', lazy: false, ipv4only: false },
  );

describe.skipIf(missing)(title('Columns of MariaDB', missing), () => {
  let server: MariadbServer;
  let opener: SessionOpener;
  beforeAll(async () => {
    server = await MariadbServer.start();
    await server.sql('CREATE DATABASE d');
    const settings = { socket: server.socket, db: 'd', user: 'root', table: 't' };
    opener = sessionsOf(createMysqlDatabase(settings));
  });
  afterAll(async () => await server[Symbol.asyncDispose]());

  /** A table with these columns, open. */
  async function open(columns: string): Promise<Session & AsyncDisposable> {
    await server.sql(`CREATE OR REPLACE TABLE t (${columns}) CHARACTER SET utf8mb4`, 'd');
    const session = await opener.open(noOneLost);
    return Object.assign(session, { [Symbol.asyncDispose]: () => session.close() });
  }

  describe('specter_id', () => {
    const marks = (count: number) =>
      rowPiece(
        [u32('oob.mark')],
        Array.from({ length: count }, (_, i) => [i]),
      );

    test.each([
      ['int(11)'],
      ['bigint(20) unsigned'],
      ['double'],
      ['binary(8)'],
      ['binary(20)'],
      ['varbinary(15)'],
      ['varchar(31)'],
      ['datetime'],
      ['inet6'],
    ])('%s holds no ids: an error at the start, an outage later', async (type) => {
      await using session = await open(`specter_id ${type}, oob_mark int unsigned, no_key int`);
      const problem = `column specter_id (${type}): it holds no ids, which are 16 bytes, 32 characters, or a uuid`;
      await expect(survey(opener)).rejects.toThrow(
        `table t cannot be filled:\n  ${problem}\n  column no_key (int(11)): no plugin`,
      );
      await expect(session.store([marks(60)])).rejects.toThrow(problem);
      expect(await server.sql('SELECT COUNT(*) FROM t', 'd')).toEqual([['0']]);
    });

    test.each([
      ['binary(16)', 'HEX(specter_id)'],
      ['varbinary(20)', 'HEX(specter_id)'],
      ['uuid', 'REPLACE(specter_id, "-", "")'],
      ['char(32)', 'specter_id'],
      ['varchar(40) CHARACTER SET latin1', 'specter_id'],
    ])('%s holds them, and knows them again', async (type, hex) => {
      await using session = await open(`specter_id ${type} UNIQUE, oob_mark int unsigned`);
      expect(await survey(opener)).toEqual(['oob.mark']);
      expect(await session.store([marks(60)])).toMatchObject({ stored: 60, known: 0 });
      expect(await session.store([marks(70)])).toMatchObject({ stored: 10, known: 60 });
      const [first] = await server.sql(`SELECT ${hex} FROM t WHERE oob_mark = 69`, 'd');
      expect(first).toEqual(['01900000000000000000000000000045']);
    });
  });

  describe('points in time', () => {
    const times = [0, 1, 2_147_483_647, 2_147_483_648, 4_294_967_295];
    const piece = (count: number) =>
      rowPiece(
        [u32('oob.time.sec'), u32('oob.time.usec')],
        Array.from({ length: count }, (_, i) => [times[i % times.length] ?? 0, 999_999]),
      );
    const stored = async () =>
      (await server.sql('SET time_zone = "+00:00"; SELECT DISTINCT oob_time FROM t', 'd')).flat();

    test.each([60, 5])(
      '%i rows outside the range of TIMESTAMP: NULL, and counted',
      async (rows) => {
        await using session = await open('oob_time timestamp(3) NULL');
        expect(await session.store([piece(rows)])).toMatchObject({
          ...{ stored: rows, refused: 0 },
          unfit: new Map([['oob_time', (rows * 3) / 5]]),
        });
        expect(await stored()).toEqual([
          'NULL',
          '1970-01-01 00:00:01.999',
          '2038-01-19 03:14:07.999',
        ]);
      },
    );

    test('DATETIME has them all', async () => {
      await using session = await open('oob_time datetime(6)');
      expect(await session.store([piece(60)])).toMatchObject({ stored: 60, unfit: new Map() });
      expect(await stored()).toEqual([
        '1970-01-01 00:00:00.999999',
        '1970-01-01 00:00:01.999999',
        '2038-01-19 03:14:07.999999',
        '2038-01-19 03:14:08.999999',
        '2106-02-07 06:28:15.999999',
      ]);
    });
  });
});
