import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Daemon } from '../../support/daemon.ts';
import { requireKernel, runsAsRoot, title } from '../../support/requirements.ts';
import { loadRules, startExample } from './example.ts';
import { families, GuardedHost } from './guarded-host.ts';

const missing = requireKernel();
const notRoot = runsAsRoot ? undefined : 'only root can become another user';

const ssh = 22;
const table = 'specter_ban';
/** The threshold in specter.conf. */
const connections = 5;

const users = [
  { user: 'root', args: [], unable: undefined },
  { user: 'nobody', args: ['-u', 'nobody'], unable: notRoot },
];

describe.skipIf(missing)(title('contrib/ban-bruteforce', missing), () => {
  let host: GuardedHost;
  beforeEach(async () => {
    host = await GuardedHost.create(ssh);
    await loadRules(host.namespace, 'ban-bruteforce/ban.nft');
  });
  afterEach(async () => await host[Symbol.asyncDispose]());

  const start = async (banTime: string, ...args: readonly string[]): Promise<Daemon> => {
    const replacements = { 'nfttimeout 10m': `nfttimeout ${banTime}` };
    const name = 'ban-bruteforce/specter.conf';
    return await startExample(host.namespace, name, { args, replacements });
  };

  const cases = users.flatMap((user) => families.map((family) => ({ ...user, family })));

  describe.each(cases)('as $user over $family', ({ args, unable, family }) => {
    const set = `banned${family.slice(-1)}`;

    test.skipIf(unable)(title('the fifth connection is the last, for a time', unable), async () => {
      await using specter = await start('4s', ...args);
      const { client, stranger } = host;
      const server = client.server[family];
      for (let count = 1; count < connections; count += 1) {
        expect(await client.tcp.connect(server, ssh)).toBe('open');
      }
      expect(await host.elements(table, set)).toEqual([]);
      await client.tcp.tryDoor(server, ssh);
      await host.untilElements(table, set, client.own[family]);
      expect(await client.tcp.tryDoor(server, ssh)).toBe('timed out');
      expect(await stranger.tcp.connect(stranger.server[family], ssh)).toBe('open');
      await host.untilElements(table, set);
      expect(await client.tcp.connect(server, ssh)).toBe('open');
      expect((await specter.stop()).code).toBe(0);
      expect(await specter.lines('specter-ban.log')).toEqual([
        expect.stringMatching(/ guarded: IN=wan0 .* PROTO=TCP .* DPT=22 .* SYN /),
      ]);
    });
  });

  test('a ban cuts open connections', async () => {
    await using specter = await start('1h');
    const { client } = host;
    const { IPv4: server } = client.server;
    for (let count = 0; count < connections; count += 1) await client.tcp.connect(server, ssh);
    await specter.waitForLines('specter-ban.log', 1);
    await host.untilElements(table, 'banned4', client.own.IPv4);
    expect(await client.tcp.tryEcho(server, ssh)).toBe('timed out');
  });

  test('own networks are never banned', async () => {
    await using specter = await start('1h');
    const { client, namespace } = host;
    await namespace.address('wan0', '10.9.8.1/24');
    await client.namespace.address('out0', '10.9.8.2/24');
    for (let count = 0; count <= 2 * connections; count += 1) {
      expect(await client.tcp.connect('10.9.8.1', ssh)).toBe('open');
    }
    expect((await specter.stop()).code).toBe(0);
    expect(await host.elements(table, 'banned4')).toEqual([]);
  });
});
