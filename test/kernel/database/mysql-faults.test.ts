import { chmod, rename } from 'node:fs/promises';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { accountByName } from '../../../src/libc/accounts.ts';
import type { TableConnection } from '../../../src/plugins/output/database/database.ts';
import {
  createMysqlDatabase,
  type MysqlSettings,
} from '../../../src/plugins/output/database/mysql/index.ts';
import { MysqlError } from '../../../src/plugins/output/database/mysql/mysql-error.ts';
import { eventually } from '../../support/eventually.ts';
import { MariadbServer } from '../../support/mariadb-server.ts';
import { requireTools, runsAsRoot, title } from '../../support/requirements.ts';
import { cellsOf } from './driver-cells.ts';

const missing = requireTools('mariadbd', 'mariadb', 'mariadb-install-db');
const PASSWORD = 'se\'cr\\et"ü';

describe.skipIf(missing)(title('MySQL when something fails', missing), () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await MariadbServer.start();
    await server.sql(
      `CREATE USER logger@localhost IDENTIFIED BY 'se''cr\\\\et"ü'; CREATE DATABASE d;
       CREATE TABLE d.t (no INT);
       GRANT SELECT, INSERT ON d.t TO logger@localhost`,
    );
  });
  afterAll(async () => await server[Symbol.asyncDispose]());
  const opened: TableConnection[] = [];
  afterEach(() => {
    for (const connection of opened.splice(0)) connection.destroy();
  });
  beforeEach(async () => {
    await server.sql('CREATE OR REPLACE TABLE t (no INT, v BLOB)', 'd');
  });

  const settings = (more: Partial<MysqlSettings> = {}): MysqlSettings => ({
    ...{ socket: server.socket, db: 'd', user: 'logger', password: PASSWORD, table: 't' },
    ...more,
  });

  async function connect(more: Partial<MysqlSettings> = {}, lost = vi.fn()) {
    const connection = await createMysqlDatabase(settings(more)).connect(lost);
    opened.push(connection);
    await connection.prepare(connection.layout.columns);
    return connection;
  }

  const insert = (connection: TableConnection, count: number, size = 1): Promise<number> => {
    const rows = Array.from({ length: count }, (_, no) => ({ no, v: Buffer.alloc(size, no) }));
    return connection.insert(cellsOf(connection.layout.columns, rows), 0, count);
  };

  const stored = async (): Promise<number> =>
    Number((await server.sql('SELECT COUNT(*) FROM t', 'd'))[0]?.[0]);

  /** Resolves when a statement is at work that takes its time. */
  const sleeping = () =>
    eventually(async () => {
      const found = await server.sql(
        "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE state = 'User sleep'",
      );
      expect(found).toEqual([['1']]);
    });

  /** The message of the error that connecting ends with; never with the password. */
  async function refusal(more: Partial<MysqlSettings>): Promise<string> {
    const error = await connect(more).then(
      () => undefined,
      (each: unknown) => each,
    );
    if (!(error instanceof Error)) throw new Error('connected');
    expect(String(error.stack)).not.toContain('cr\\et');
    return error.message.replaceAll(server.folder, '…');
  }

  test('errors of connecting say what was tried, and what can be done', async () => {
    const name = 'mysql://logger@localhost/d?socket=…/run/socket';
    const client = 'mysql -S …/run/socket -u logger -p d';
    expect(await refusal({ socket: '/nowhere/socket' })).toBe(
      'connect to mysql://logger@localhost/d?socket=/nowhere/socket: connect ENOENT /nowhere/socket (ENOENT); is the server running, and listening at /nowhere/socket?',
    );
    expect(await refusal({ password: 'wrong' })).toBe(
      `connect to ${name}: Access denied for user 'logger'@'localhost' (using password: YES) (ER_ACCESS_DENIED_ERROR); check user and password; to try: ${client}`,
    );
    expect(await refusal({ db: 'e' })).toBe(
      `connect to mysql://logger@localhost/e?socket=…/run/socket: Access denied for user 'logger'@'localhost' to database 'e' (ER_DBACCESS_DENIED_ERROR); GRANT SELECT, INSERT ON e.t TO logger`,
    );
    expect(await refusal({ table: 'u' })).toBe(
      'read the columns of u: database d has no table or view of this name that logger may use (ER_NO_SUCH_TABLE); load a schema, or GRANT SELECT, INSERT ON d.u TO logger',
    );
    expect(await refusal({ user: 'root', password: undefined, db: 'nothing' })).toBe(
      "connect to mysql://root@localhost/nothing?socket=…/run/socket: Unknown database 'nothing' (ER_BAD_DB_ERROR); CREATE DATABASE nothing, and load a schema",
    );
    expect(await refusal({ socket: undefined, host: '127.0.0.1', port: 1 })).toBe(
      'connect to mysql://logger@127.0.0.1:1/d: connect ECONNREFUSED 127.0.0.1:1 (ECONNREFUSED); is the server running, and listening at 127.0.0.1 port 1?',
    );
  });

  test('a server that does not answer is given up after the timeout', async () => {
    server.signal('SIGSTOP');
    try {
      expect(await refusal({ connectTimeout: 300 })).toBe(
        'connect to mysql://logger@localhost/d?socket=…/run/socket: no answer within 300 ms (ETIMEDOUT); to try: mysql -S …/run/socket -u logger -p d',
      );
    } finally {
      server.signal('SIGCONT');
    }
  });

  test('something that is no server of this kind is an error', async () => {
    const other = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const path = `${server.folder}/other`;
    await new Promise<void>((resolve) => other.listen(path, resolve));
    try {
      expect(await refusal({ socket: path, connectTimeout: 2000 })).toMatch(/^connect to mysql:/);
    } finally {
      other.close();
    }
  });

  test('a connection that is killed is reported once', async () => {
    const lost = vi.fn();
    const connection = await connect({}, lost);
    const told = new Promise<Error>((resolve) => lost.mockImplementation(resolve));
    await server.sql(
      'SELECT CONCAT("KILL ", id) INTO @kill FROM information_schema.PROCESSLIST WHERE user = "logger"; EXECUTE IMMEDIATE @kill',
    );
    expect((await told).message).toContain('connection to mysql://logger@localhost/d');
    await expect(insert(connection, 100)).rejects.toThrow(/^begin a transaction: /);
    connection.destroy();
    await connection.close();
    expect(lost).toHaveBeenCalledTimes(1);
  });

  test.each([
    ['killed', 60, 'kill'],
    ['killed', 2, 'kill'],
    ['shut down', 60, 'stop'],
  ] as const)('a server that is %s in the middle: %i rows', async (_, rows, how) => {
    const lost = vi.fn();
    const connection = await connect({}, lost);
    await server.sql('CREATE TRIGGER wait BEFORE INSERT ON t FOR EACH ROW SET @x = SLEEP(20)', 'd');
    const failure = insert(connection, rows).catch((error: unknown) => error);
    await sleeping();
    await server[how]();
    expect(await failure).toBeInstanceOf(MysqlError);
    await eventually(() => expect(lost).toHaveBeenCalledTimes(1));
    await connection.close();
    await server.start();
    expect(await stored()).toBe(0);
    await server.sql('DROP TRIGGER wait', 'd');
    const again = await connect();
    expect(await insert(again, rows)).toBe(rows);
    await again.close();
    expect(await stored()).toBe(rows);
  });

  test.each([2, 5000])('destroy ends what a server does not answer: %i rows', async (rows) => {
    const lost = vi.fn();
    const connection = await connect({}, lost);
    server.signal('SIGSTOP');
    try {
      // Beyond what the socket takes.
      const inserting = insert(connection, rows, 1000);
      setImmediate(() => connection.destroy());
      await expect(inserting).rejects.toThrow('PROTOCOL_CONNECTION_LOST');
    } finally {
      server.signal('SIGCONT');
    }
    await connection.close();
    expect(lost).not.toHaveBeenCalled();
    expect(await stored()).toBe(0);
  });

  test.each([2, 100])('errors that are not about rows: %i rows', async (rows) => {
    /** What becomes of rows for a table that is changed after specter has read its columns. */
    const failureAfter = async (sql: string): Promise<unknown> => {
      const connection = await connect();
      await server.sql(sql, 'd');
      const failure = await insert(connection, rows).catch((error: unknown) => error);
      connection.destroy();
      expect(failure).toBeInstanceOf(MysqlError);
      return failure;
    };
    expect(await failureAfter('REVOKE INSERT ON t FROM logger@localhost')).toMatchObject({
      code: 'ER_TABLEACCESS_DENIED_ERROR',
      hint: 'GRANT SELECT, INSERT ON d.t TO logger',
    });
    await server.sql('GRANT INSERT ON d.t TO logger@localhost');
    expect(await failureAfter('ALTER TABLE t DROP COLUMN v')).toMatchObject({
      operation: 'insert into t',
      code: 'ER_BAD_FIELD_ERROR',
    });
    expect(await failureAfter('DROP TABLE t')).toMatchObject({ code: 'ER_NO_SUCH_TABLE' });
  });

  test('the wait for a lock ends as an outage', async () => {
    await server.sql(
      'CREATE OR REPLACE TABLE t (no INT PRIMARY KEY, v BLOB); SET GLOBAL innodb_lock_wait_timeout = 1',
      'd',
    );
    const connection = await connect();
    const locking = server.sql(
      'START TRANSACTION; INSERT INTO t VALUES (7, NULL); SELECT SLEEP(3); ROLLBACK',
      'd',
    );
    await sleeping();
    const waiting = insert(connection, 100);
    await expect(waiting).rejects.toBeInstanceOf(MysqlError);
    await expect(waiting).rejects.toThrow('ER_LOCK_WAIT_TIMEOUT');
    connection.destroy();
    await locking;
    await server.sql('SET GLOBAL innodb_lock_wait_timeout = DEFAULT');
    expect(await stored()).toBe(0);
  });

  test('a silent connection is not closed by the server', async () => {
    await server.sql('SET GLOBAL wait_timeout = 1');
    const lost = vi.fn();
    const connection = await connect({}, lost);
    await delay(2200);
    expect(await insert(connection, 60)).toBe(60);
    await connection.close();
    expect(lost).not.toHaveBeenCalled();
    await server.sql('SET GLOBAL wait_timeout = DEFAULT');
  });

  test('a socket that comes back', async () => {
    await rename(server.socket, `${server.socket}.away`);
    const error = await connect().catch((each: unknown) => String(each));
    await rename(`${server.socket}.away`, server.socket);
    expect(error).toContain('ENOENT');
    const connection = await connect();
    await connection.close();
  });

  test.skipIf(!runsAsRoot)('the server knows the user who connects', async () => {
    const account = accountByName('nobody');
    if (!account) throw new Error('there is no user nobody');
    await server.sql(
      'CREATE USER nobody@localhost IDENTIFIED VIA unix_socket; GRANT SELECT, INSERT ON d.t TO nobody@localhost',
    );
    await chmod(server.folder, 0o755);
    const database = createMysqlDatabase(settings({ user: 'nobody', password: undefined }));
    await expect(database.connect(vi.fn())).rejects.toThrow('ER_ACCESS_DENIED');
    process.seteuid?.(account.uid);
    const connecting = database.connect(vi.fn());
    process.seteuid?.(0);
    const connection = await connecting;
    await connection.close();
    expect(connection.layout.table).toBe('t');
  });
});
