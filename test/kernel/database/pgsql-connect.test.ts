import { createServer, type Server, type Socket } from 'node:net';
import { userInfo } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createPgsqlDatabase,
  type PgsqlSettings,
} from '../../../src/plugins/output/database/pgsql/index.ts';
import { PostgresServer, requirePostgres } from '../../support/postgres-server.ts';
import { runsAsRoot, title } from '../../support/requirements.ts';
import { ScratchFolder } from '../../support/scratch-folder.ts';

const missing = requirePostgres();
const ignore = () => {};
const secret = 'hush\'\\":*@/ ü';

describe.skipIf(missing)(title('PostgreSQL: connecting', missing), () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await PostgresServer.start();
    const password = secret.replaceAll("'", "''");
    await server.sql(`CREATE TABLE t (n int); CREATE ROLE u LOGIN PASSWORD '${password}';
      CREATE ROLE peer LOGIN; GRANT INSERT ON t TO u, peer`);
    await server.createDatabase('u');
    await server.sql('CREATE TABLE t (n int); GRANT INSERT ON t TO PUBLIC', 'u');
    await server.identify(`me ${userInfo().username} peer\nme nobody peer`);
    await server.allow('local all u scram-sha-256\nlocal all peer peer map=me');
  });
  afterAll(async () => await server[Symbol.asyncDispose]());

  const database = (settings: Partial<PgsqlSettings>) =>
    createPgsqlDatabase({
      host: server.host,
      db: 'postgres',
      user: 'postgres',
      table: 't',
      ...settings,
    });

  async function attempt(settings: Partial<PgsqlSettings>): Promise<string> {
    try {
      const connection = await database(settings).connect(ignore);
      await connection.close();
      return 'connected';
    } catch (error) {
      expect(error).toMatchObject({ name: 'PgsqlError' });
      return error instanceof Error ? error.message : '';
    }
  }

  test('password', async () => {
    expect(await attempt({ user: 'u', password: secret })).toBe('connected');
    expect(await attempt({ user: 'u', password: 'wrong' })).toMatch(
      /^connect to postgresql:\/\/u@\/postgres\?host=.*: password authentication failed for user "u" \(28P01\); check user and password$/,
    );
    expect(await attempt({ user: 'u' })).toMatch(
      /the server wants a password for u, and there is none/,
    );
  });

  test('password file', async () => {
    await using folder = await ScratchFolder.create();
    const line = secret.replaceAll(/[\\:]/g, '\\$&');
    const file = await folder.write(
      'pass',
      `# all\n*:*:other:u:no\n${server.host}:5432:*:u:${line}\n`,
    );
    expect(await attempt({ user: 'u', passfile: file })).toMatch(
      /others have access to it \(mode 0644\); chmod 0600/,
    );
    const { chmod } = await import('node:fs/promises');
    await chmod(file, 0o600);
    expect(await attempt({ user: 'u', passfile: file })).toBe('connected');
    expect(await attempt({ user: 'u', passfile: `${file}2` })).toMatch(
      /\(ENOENT\); make the file, or correct the path$/,
    );
  });

  test('connection strings', async () => {
    const quoted = secret.replaceAll(/['\\]/g, '\\$&');
    const connstring = `host='${server.host}' user = u password='${quoted}'`;
    const only = (text: string) =>
      attempt({ host: undefined, db: undefined, user: undefined, connstring: text });
    expect(await only(connstring)).toBe('connected');
    const host = encodeURIComponent(server.host);
    expect(await only(`postgresql://u:${encodeURIComponent(secret)}@${host}/postgres`)).toBe(
      'connected',
    );
    expect(await only(`postgresql://u:${encodeURIComponent(secret)}@/?host=${server.host}`)).toBe(
      'connected',
    );
  });

  test.skipIf(!runsAsRoot)('peer: the effective user when connect is called', async () => {
    expect(await attempt({ user: 'peer' })).toBe('connected');
    const asNobody = (): Promise<unknown> => {
      process.seteuid?.('nobody');
      try {
        return database({ user: 'peer' }).connect(ignore);
      } finally {
        process.seteuid?.(0);
      }
    };
    await server.allow('local all peer peer map=me2');
    await server.identify('me2 nobody peer');
    await server.sql('SELECT pg_reload_conf()');
    expect(await attempt({ user: 'peer' })).toMatch(/Peer authentication failed/);
    const connection = await asNobody();
    expect(connection).toMatchObject({ layout: { table: 'public.t' } });
    await server.allow('local all u scram-sha-256\nlocal all peer peer map=me');
  });

  test('what is missing is said', async () => {
    expect(await attempt({ db: 'nowhere' })).toMatch(
      /database "nowhere" does not exist \(3D000\); create it: createdb nowhere$/,
    );
    expect(await attempt({ table: 'none' })).toMatch(
      /^find the table public\.none: there is none of this name \(42P01\); there are public\.t$/,
    );
    await server.sql(
      'CREATE TABLE a (n int) PARTITION BY LIST (n); CREATE TABLE a1 PARTITION OF a FOR VALUES IN (1)',
    );
    expect(await attempt({ table: 'none' })).toMatch(/; there are public\.a, public\.t$/);
    expect(await attempt({ host: '/nowhere' })).toMatch(
      /ENOENT.*; start the server, or give the folder of its socket as host$/,
    );
    expect(await attempt({ host: '127.0.0.1', port: 1 })).toMatch(/ECONNREFUSED/);
    expect(await attempt({ procedure: 'f' })).toMatch(
      /^find the procedure f: there is no function or procedure of this name/,
    );
    await server.sql(
      'CREATE TABLE private (n int); CREATE TABLE half (n int, m int); GRANT INSERT (m) ON half TO u; CREATE TABLE ids (specter_id uuid UNIQUE, n int); GRANT INSERT ON ids TO u',
    );
    const u = { user: 'u', password: secret };
    expect(await attempt({ ...u, table: 'private' })).toBe(
      'insert into public.private: permission denied (42501); as the owner: GRANT INSERT ON "public"."private" TO the user',
    );
    await server.sql(
      `CREATE VIEW pair AS SELECT t.n, i.n AS m FROM t, ids i;
       CREATE VIEW ruled AS SELECT * FROM pair;
       CREATE RULE r AS ON INSERT TO ruled DO INSTEAD INSERT INTO t VALUES (NEW.n)`,
    );
    expect(await attempt({ table: 'pair' })).toBe(
      'insert into public.pair: it is a view that takes no rows; name a table, or for the view of ulogd2 set pgsqlprocedure INSERT_PACKET_FULL',
    );
    expect(await attempt({ table: 'ruled' })).toBe('connected');
    expect(await attempt({ ...u, table: 'ids' })).toMatch(
      /^read specter_id of public\.ids, .* permission denied \(42501\); as the owner: GRANT SELECT \(specter_id\) ON "public"\."ids"/,
    );
    const connection = await database({ ...u, table: 'half' }).connect(ignore);
    await expect(connection.prepare(connection.layout.columns)).rejects.toThrow(
      'insert into column n of public.half: permission denied (42501); as the owner: GRANT INSERT ON "public"."half" TO the user',
    );
    await connection.close();
  });

  test('a server that takes no rows', async () => {
    await server.sql('ALTER ROLE u SET default_transaction_read_only = on');
    expect(await attempt({ user: 'u', password: secret })).toMatch(
      /transactions are read-only \(25006\)/,
    );
    await server.sql('ALTER ROLE u RESET default_transaction_read_only');
  });

  test('a peer that never answers', async () => {
    const sockets: Socket[] = [];
    const silent: Server = createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const start = performance.now();
    expect(await attempt({ host: '127.0.0.1', port, connectTimeout: 150 })).toMatch(
      /^connect to postgresql:\/\/postgres@127\.0\.0\.1:\d+\/postgres: no answer within 150 ms \(ETIMEDOUT\); to try: psql -h 127\.0\.0\.1/,
    );
    expect(performance.now() - start).toBeLessThan(20_000);
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  test('neither name nor errors show the password', async () => {
    const hidden = 'VERYSECRET';
    const settings = { user: 'u', password: hidden };
    expect(database(settings).name).not.toContain(hidden);
    const error: unknown = await database(settings)
      .connect(ignore)
      .catch((each: unknown) => each);
    const { inspect } = await import('node:util');
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(hidden);
    const uri = database({ connstring: `postgresql://u:${hidden}@h/d`, host: undefined });
    expect(uri.name).not.toContain(hidden);
  });
});
