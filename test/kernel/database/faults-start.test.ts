import { readdir, readFile, stat } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { accountByName } from '../../../src/libc/accounts.ts';
import { launchSpecter, specterBinary, startSpecter } from '../../support/daemon.ts';
import { Namespace } from '../../support/namespace.ts';
import { numberedPort, numberingRules, sendNumbered } from '../../support/numbered-packets.ts';
import { requireKernel, runsAsRoot, title } from '../../support/requirements.ts';
import { ScratchFolder } from '../../support/scratch-folder.ts';
import { allOf, Rig } from './faults-rig.ts';
import { type FaultyServer, serverKinds } from './faults-servers.ts';

const noKernel = requireKernel();
/** What is said of columns that nothing fills, behind the name of the table. */
const COLUMN_ERROR = ` cannot be filled:
  column tcp_sprot \\((int|integer)(\\(11\\))?\\): no plugin of the block provides the key tcp\\.sprot; did you mean tcp_sport\\?
  column weather \\((int|integer)(\\(11\\))?\\): no plugin of the block provides the key weather
  a column whose name begins with "_" is left to the database
$`;
const PASSWORD = 'Xyzzy-plugh-42';

describe.concurrent.each(serverKinds)('$plugin', (kind) => {
  const missing = noKernel ?? kind.missing();
  const how = { sequential: true, skip: missing !== undefined };
  const { plugin, prefix } = kind;
  describe(title('start', missing), how, () => {
    let server: FaultyServer;
    let namespace: Namespace;
    let scratch: ScratchFolder;
    let rig: Rig;
    let databases = 0;
    beforeAll(async () => {
      server = await kind.begin();
    });
    afterAll(async () => await server[Symbol.asyncDispose]());
    beforeEach(async () => {
      await server.start();
      scratch = await ScratchFolder.create();
      namespace = await Namespace.create();
      await namespace.nft(numberingRules({ [numberedPort]: 'log group 5' }));
      const database = `s${databases++}`;
      await server.createDatabase(database);
      rig = new Rig(kind, server, namespace, database);
    });
    afterEach(async () => {
      await namespace[Symbol.asyncDispose]();
      await scratch[Symbol.asyncDispose]();
    });

    /** What specter writes that does not start, without the times. */
    async function refusal(config: string): Promise<string> {
      await using specter = await launchSpecter({ namespace, config });
      const { code, stdout, stderr } = await specter.process.exit;
      expect([code, stdout]).toEqual([1, '']);
      return stderr.replaceAll(/^\S+ /gm, '').replaceAll(server.folder, '…');
    }

    test('without the server it does not start, and leaves nothing behind', async () => {
      await server.stop();
      const message = await refusal(rig.config(`spool=${scratch.path}/spool`));
      expect(message).toMatch(
        new RegExp(
          `block 5: ${plugin}: connect to .*ENOENT.* \\(${prefix}lazy would start without it\\)`,
        ),
      );
      expect(await readdir(scratch.path)).toEqual([]);
    });

    test('with lazy it starts without the server, and stores what came when it is there', async () => {
      await server.stop();
      await using specter = await rig.specter('lazy reconnect=100ms');
      await sendNumbered(namespace, 1000);
      await rig.untilCounted(specter, 'queued', 1000);
      await server.start();
      await rig.untilCounted(specter, 'written', 1000);
      const { stderr } = await specter.stop();
      expect(await rig.stored()).toEqual(allOf(1000));
      expect(rig.output(rig.counts(stderr))).toMatchObject({ dropped: 0, connects: 1 });
      expect(stderr.match(/all keys of each record are kept/g)?.length).toBe(1);
      expect(stderr.match(/trying again/g)?.length).toBe(1);
    });

    test('columns that nothing fills are one error', async () => {
      await server.sql(
        rig.database,
        `ALTER TABLE packet ADD COLUMN tcp_sprot INTEGER, ADD COLUMN weather INTEGER,
          ADD COLUMN _mine INTEGER, ADD COLUMN defaulted INTEGER NOT NULL DEFAULT 5`,
      );
      const message = await refusal(rig.config());
      expect(message).toMatch(new RegExp(COLUMN_ERROR));
    });

    test('the password is nowhere to be seen', async () => {
      await server.setPassword(PASSWORD);
      const config = rig.config(`pass=${PASSWORD} reconnect=100ms`);
      await using specter = await startSpecter({ namespace, config });
      await sendNumbered(namespace, 100);
      await rig.untilCounted(specter, 'written', 100);
      const commandLine = await readFile(`/proc/${specter.pid}/cmdline`, 'latin1');
      await server.sql(rig.database, `DROP TABLE packet ${plugin === 'PGSQL' ? 'CASCADE' : ''}`);
      await sendNumbered(namespace, 100);
      await specter.waitForLog(/trying again/);
      await server.stop();
      await rig.untilCounted(specter, 'errors', (errors) => errors > 5);
      const info = await namespace.exec(specterBinary, 'info', plugin);
      const { stderr } = await specter.stop();
      const wrong = await refusal(config.replace(PASSWORD, `${PASSWORD}-old`));
      await server.start();
      const denied = await refusal(config.replace(PASSWORD, `${PASSWORD}-old`));
      expect(denied).toMatch(/password/i);
      expect(commandLine).toContain('specter');
      for (const text of [commandLine, info, stderr, wrong, denied]) {
        expect(text).not.toContain(PASSWORD);
      }
    });

    test('a config with errors shows no password', async () => {
      const lines = [
        `pass "${PASSWORD}`,
        `pass ${PASSWORD} ${PASSWORD}`,
        `pass \\\n  "${PASSWORD}`,
        `PASS ${PASSWORD}`,
        `pass=${PASSWORD}`,
        `pas ${PASSWORD}`,
        `pass ${PASSWORD}\x01`,
      ];
      const options = lines.map((line) => `  ${prefix}${line}\n`).join('');
      const file = await scratch.write(
        'specter.conf',
        rig.config().replace('5 {\n', `5 {\n${options}`),
      );
      const { code, stdout, stderr } = await namespace.spawn(specterBinary, ['-t', '-c', file])
        .exit;
      expect(code).toBe(1);
      expect(stderr).toContain(`unknown option "${prefix}pass=${'*'.repeat(PASSWORD.length)}"`);
      expect(stdout + stderr).not.toContain('plugh');
    });

    const noRoot = runsAsRoot ? undefined : 'only root can become another user';

    test.skipIf(noRoot)(
      title('the server knows the user that specter becomes', noRoot),
      async () => {
        const nobody = accountByName('nobody');
        await server.admitUser(rig.database, 'nobody');
        // As root it is not let in, at the start.
        const config = rig.config('reconnect=100ms', '');
        expect(await refusal(rig.config('', 'nobody'))).toMatch(/connect to/);
        await using specter = await startSpecter({ namespace, config, args: ['-u', 'nobody'] });
        await sendNumbered(namespace, 100);
        await rig.untilCounted(specter, 'written', 100);
        expect((await stat(`/proc/${specter.pid}`)).uid).toBe(nobody?.uid);
        await server.stop();
        await specter.waitForLog(/trying again/);
        await server.start();
        await sendNumbered(namespace, 100);
        await rig.untilCounted(specter, 'written', 200);
        specter.signal('SIGHUP');
        await rig.untilCounted(specter, 'connects', 3);
        await specter.stop();
        expect(await rig.stored()).toEqual(allOf(200));
      },
    );
  });
});
