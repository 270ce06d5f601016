import { expect, test, vi } from 'vitest';
import { sessionsOf } from '../../../../../src/plugins/output/database/open-database.ts';
import { surveyTable } from '../../../../../src/plugins/output/database/survey-table.ts';
import { key } from '../../../../../src/records/key.ts';
import { fakeHost, LoggedLines } from '../../fake-context.ts';
import { column, FakeDatabase, tableOf } from './fake-database.ts';

const keys = [key('oob.mark', 'u32', ''), key('oob.prefix', 'string', '')];
const database = () => new FakeDatabase(tableOf(column('oob_mark', { kind: 'integer', max: 9n })));
const options = (lazy: boolean) => ({ prefix: 'fake', lazy, ipv4only: false });
const context = () => ({ host: fakeHost(), keys, log: new LoggedLines() });

test('asks for the keys of the columns, and ends the connection', async () => {
  const table = database();
  expect(await surveyTable(sessionsOf(table), context(), options(false))).toEqual(['oob.mark']);
  expect([table.connects, table.closes]).toEqual([1, 1]);
});

test('says what is wrong where there is no database, and which option goes on without', async () => {
  const table = database();
  table.down = new Error('refused');
  const survey = surveyTable(sessionsOf(table), context(), options(false));
  await expect(survey).rejects.toThrow('refused (fakelazy would start without it)');
});

test('asks for all keys without a database that may be away', async () => {
  const table = database();
  table.down = new Error('refused');
  expect(await surveyTable(sessionsOf(table), context(), options(true))).toEqual([
    'oob.mark',
    'oob.prefix',
  ]);
});

test('does not wait for ever for one that may be away', async () => {
  vi.useFakeTimers();
  try {
    const table = database();
    table.connect = () => new Promise(() => {});
    const survey = surveyTable(sessionsOf(table), context(), options(true));
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await survey).toEqual(['oob.mark', 'oob.prefix']);
  } finally {
    vi.useRealTimers();
  }
});
