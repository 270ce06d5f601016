import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { sqlite3 } from '../../../src/plugins/output/database/sqlite3.ts';
import { key } from '../../../src/records/key.ts';
import { ScratchFolder } from '../../support/scratch-folder.ts';
import { makeSqlite, openSqlite } from '../../support/sqlite-file.ts';
import { fakeHost, LoggedLines } from '../../unit/plugins/fake-context.ts';

const AT_WORK = process.geteuid?.() ?? 0;
/** What SQLite waits for another writer. */
const BUSY_MS = 2000;

const options = {
  ...{ sqlite3table: 'packet', sqlite3sync: false, sqlite3batch: 5000, sqlite3flush: 200 },
  ...{ sqlite3queue: 1 << 20, sqlite3spool: undefined, sqlite3spoolmax: 1 << 20 },
  ...{ sqlite3shutdown: 1000, sqlite3reconnect: 100, sqlite3lazy: false, sqlite3ipv4only: false },
};

/** Asks the plugin, as the user that specter runs as, or before it is that one. */
const survey = async (sqlite3db: string, uid = AT_WORK): Promise<readonly string[]> =>
  (await sqlite3.survey?.({
    ...{ block: '5', group: 5, instance: '', log: new LoggedLines(), host: fakeHost({ uid }) },
    options: { ...options, sqlite3db },
    keys: [key('oob.mark', 'u32', ''), key('ip.saddr', 'ip', '')],
  })) ?? [];

/** The longest time that this thread did nothing else, in ms. */
async function longestStall(action: () => Promise<void>): Promise<number> {
  let longest = 0;
  let last = performance.now();
  const look = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  };
  const timer = setInterval(look, 1);
  await action();
  clearInterval(timer);
  look();
  return longest;
}

describe('SQLITE3 looks at its table', () => {
  test.each([
    ['at work', AT_WORK],
    ['at the start, for another user', AT_WORK + 1],
  ])('%s', async (_, uid) => {
    await using folder = await ScratchFolder.create();
    const path = folder.join('test.db');
    makeSqlite(path, 'CREATE TABLE packet (ip_saddr TEXT)');
    expect(await survey(path, uid)).toEqual(['ip.saddr']);
    expect(readdirSync(folder.path)).toEqual(['test.db']);
    await expect(survey(folder.join('no/test.db'), uid)).rejects.toThrow(
      /^cannot make .*\/no\/test\.db: ENOENT: .* \(sqlite3lazy would start without it\)$/,
    );
  });

  test('another program that writes holds up nothing else', async () => {
    await using folder = await ScratchFolder.create();
    const path = folder.join('test.db');
    makeSqlite(path, 'PRAGMA journal_mode = WAL; CREATE TABLE packet (ip_saddr TEXT)');
    using other = openSqlite(path);
    other.run('BEGIN IMMEDIATE');
    const stall = await longestStall(() =>
      expect(survey(path)).rejects.toThrow('database is locked (SQLITE_BUSY)'),
    );
    expect(stall).toBeLessThan(BUSY_MS / 2);
  });
});
