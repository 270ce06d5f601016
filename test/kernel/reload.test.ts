import { chown, mkdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Daemon, startSpecter } from '../support/daemon.ts';
import { Namespace } from '../support/namespace.ts';
import { numberingRules, numbersOf, range, sendNumbered } from '../support/numbered-packets.ts';
import { requireKernel, runsAsRoot, title } from '../support/requirements.ts';
import { lastStatistics, lossless } from '../support/statistics.ts';

const missing = requireKernel();

const logging = (block: number | string, file: string, options = '') => `${block} {
  ${options}
  plugin BASE
  plugin LOGEMU
  logemufile ${file}
  logemusync
}
`;
const rmem = 'global {\n  rmem 32M\n}\n';

describe.skipIf(missing)(title('reload', missing), () => {
  let namespace: Namespace;
  beforeEach(async () => {
    namespace = await Namespace.create();
    await namespace.nft(numberingRules({ 9: 'log group 5', 10: 'log group 6', 11: 'log group 7' }));
  });
  afterEach(async () => await namespace[Symbol.asyncDispose]());

  /** Gives specter another config; resolves when its log says `outcome` for the `time`th time. */
  async function reload(specter: Daemon, config: string, outcome: RegExp): Promise<void> {
    const before = specter.stderr.length;
    await specter.folder.write('specter.conf', config);
    specter.signal('SIGUSR1');
    // A pattern that starts behind what the log has now.
    await specter.waitForLog(new RegExp(`(?<=^[^]{${before},})${outcome.source}`));
  }

  test('under load leaves unchanged blocks alone and takes changed ones over', async () => {
    await using specter = await startSpecter({
      namespace,
      config: (folder) => rmem + logging(5, `${folder}/5`) + logging(6, `${folder}/6.a`),
    });
    const { path } = specter.folder;
    const five = logging(5, `${path}/5`);
    const steady = sendNumbered(namespace, 60_000, { rate: 20_000, port: 9 });
    const changing = sendNumbered(namespace, 45_000, { rate: 15_000, port: 10 });
    await specter.waitForLines('6.a', 1);

    const done = /config reloaded\n/;
    await reload(specter, rmem + five + logging(6, `${path}/6.b`), done);
    await specter.waitForLines('6.b', 1);
    // Another order, another capture length, and a block more.
    const seven = logging('odd', `${path}/7`, 'group 7');
    const shorter = logging(6, `${path}/6.c`, 'snaplen 40');
    await reload(specter, rmem + seven + shorter + five, done);
    await specter.waitForLines('6.c', 1);
    await sendNumbered(namespace, 5, { port: 11 });
    await specter.waitForLines('7', 5);
    // The group of the block of before serves another: its source is kept.
    const successor = logging('odder', `${path}/8`, 'group 7');
    await reload(specter, rmem + successor + shorter + five, done);
    await sendNumbered(namespace, 5, { port: 11 });
    await specter.waitForLines('8', 5);

    await Promise.all([steady, changing]);
    const { code, stderr } = await specter.stop();
    expect(code).toBe(0);
    expect(numbersOf(await specter.lines('5'))).toEqual(range(0, 60_000));
    const parts = await Promise.all(['6.a', '6.b', '6.c'].map((name) => specter.lines(name)));
    expect(parts.flatMap((lines) => numbersOf(lines))).toEqual(range(0, 45_000));
    expect(numbersOf(await specter.lines('7'))).toEqual(range(0, 5));
    expect(numbersOf(await specter.lines('8'))).toEqual(range(5, 10));
    expect(lastStatistics(stderr)).toEqual({
      5: lossless(60_000),
      6: lossless(45_000),
      odder: lossless(10),
    });
    const changes = stderr.match(
      /block \w+: (changed(, was block odd)?|added|removed|replaced)$/gm,
    );
    expect(changes).toEqual([
      'block 6: changed',
      'block odd: added',
      'block 6: changed',
      'block odder: changed, was block odd',
    ]);
  });

  test('with errors logs all of them, and everything goes on as before', async () => {
    await using specter = await startSpecter({
      namespace,
      config: (folder) => logging(5, `${folder}/5`),
    });
    const { path } = specter.folder;
    const wrong = `global {
  loglevle 5
}
${logging(5, `${path}/elsewhere`, 'snaplen much')}
6 {
  plugin NOSUCH
}
`;
    await reload(
      specter,
      wrong,
      /config not reloaded because of these errors: the old one stays\n/,
    );
    const errors = specter.stderr.match(/specter\.conf:\d+:\d+: error: \w+/g);
    expect(errors).toEqual([
      'specter.conf:2:3: error: unknown',
      'specter.conf:5:11: error: option',
      'specter.conf:13:10: error: there',
    ]);
    await sendNumbered(namespace, 3);
    await specter.waitForLines('5', 3);
    const { code, stderr } = await specter.stop();
    expect(code).toBe(0);
    expect(lastStatistics(stderr)).toEqual({ 5: lossless(3) });
    expect(await specter.lines('elsewhere')).toEqual([]);
  });

  test('with a config file that is gone goes on as before', async () => {
    await using specter = await startSpecter({
      namespace,
      config: (folder) => logging(5, `${folder}/5`),
    });
    await namespace.exec('rm', specter.folder.join('specter.conf'));
    specter.signal('SIGUSR1');
    await specter.waitForLog(/specter\.conf: error: ENOENT.*\n.*the old one stays\n/);
    await sendNumbered(namespace, 3);
    await specter.waitForLines('5', 3);
  });

  test('says what only a start can change, and changes the rest', async () => {
    await using specter = await startSpecter({
      namespace,
      config: (folder) => rmem + logging(5, `${folder}/5`),
    });
    const { path } = specter.folder;
    const global = 'global {\n  rmem 16M\n  loglevel 7\n  errignore\n}\n';
    await reload(specter, global + logging(5, `${path}/5`), /takes effect at the next start\n/);
    expect(specter.stderr).toContain('global option rmem: takes effect at the next start');
    // Level 7 leaves the closing statistics out.
    expect((await specter.stop()).stderr).not.toContain('received');
  });

  test('leaves a block as it was when its new group belongs to somebody else', async () => {
    await using other = await startSpecter({
      namespace,
      config: (folder) => logging(6, `${folder}/6`),
    });
    await using specter = await startSpecter({
      namespace,
      config: (folder) => logging('web', `${folder}/5`, 'group 5'),
    });
    const { path } = specter.folder;
    await reload(
      specter,
      logging('web', `${path}/5.b`, 'group 6'),
      /config reloaded, but for 1 block/,
    );
    expect(specter.stderr).toContain(
      `block web: group 6 is already bound by another process (pid ${other.pid}, `,
    );
    await sendNumbered(namespace, 3);
    await specter.waitForLines('5', 3);
  });

  const noRoot = missing ?? (runsAsRoot ? undefined : 'only root can become another user');

  test.skipIf(noRoot)(title('as nobody changes what needs no privileges', noRoot), async () => {
    await using specter = await startSpecter({
      namespace,
      args: ['-u', 'nobody'],
      config: (folder) => logging('web', `${folder}/5`, 'group 5'),
    });
    const { path } = specter.folder;
    await mkdir(`${path}/own`);
    await chown(`${path}/own`, 65534, 65534);
    await reload(specter, logging('web', `${path}/own/5`, 'group 5'), /config reloaded\n/);
    await sendNumbered(namespace, 3);
    await specter.waitForLines('own/5', 3);
    await reload(specter, logging('web', `${path}/own/6`, 'group 6'), /but for 1 block\n/);
    await reload(
      specter,
      logging('web', `${path}/own/6`, 'group 5\n  snaplen 60'),
      /but for 1 block\n/,
    );
    const refused = (operation: string, hint: string) =>
      `block web: ${operation}: operation not permitted (EPERM); ${hint}; it runs on as before\n`;
    expect(specter.stderr).toContain(
      refused('bind NFLOG group 6', 'run as root or with CAP_NET_ADMIN'),
    );
    expect(specter.stderr).toContain(
      refused(
        'configure NFLOG group 5',
        'it takes CAP_NET_ADMIN: restart, or keep that capability (keepcaps net_admin)',
      ),
    );
    await sendNumbered(namespace, 3);
    await specter.waitForLines('own/5', 6);
    const { code, stderr } = await specter.stop();
    expect(code).toBe(0);
    expect(lastStatistics(stderr)).toEqual({ web: lossless(6) });
  });

  test.skipIf(noRoot)(title('as nobody with net_admin changes all', noRoot), async () => {
    const keeping = 'global {\n  user nobody\n  keepcaps net_admin\n}\n';
    await using specter = await startSpecter({
      namespace,
      config: (folder) => keeping + logging('web', `${folder}/5`, 'group 5'),
    });
    const file = specter.folder.join('5');
    const done = /config reloaded\n/;
    await reload(specter, keeping + logging('web', file, 'group 5\n  snaplen 60'), done);
    await sendNumbered(namespace, 3);
    await specter.waitForLines('5', 3);
    await reload(specter, keeping + logging('web', file, 'group 6'), done);
    await sendNumbered(namespace, 2, { port: 10 });
    expect(numbersOf(await specter.waitForLines('5', 5))).toEqual([0, 1, 2, 0, 1]);
    expect((await specter.stop()).code).toBe(0);
  });
});
