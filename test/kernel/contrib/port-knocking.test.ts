import { chown, readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Daemon } from '../../support/daemon.ts';
import { requireKernel, runsAsRoot, title } from '../../support/requirements.ts';
import { ScratchFolder } from '../../support/scratch-folder.ts';
import { loadRules, startExample } from './example.ts';
import { type Family, families, GuardedHost } from './guarded-host.ts';
import { knock } from './knock.ts';

const missing = requireKernel('knock');
const notRoot = runsAsRoot ? undefined : 'only root can become another user';

const rules = 'port-knocking/knock.nft';
const ssh = 22;
const admin = 8443;
const rightOrder = ['7000:tcp', '9000:udp', '8000:tcp'];
const adminOrder = ['7100:udp', '9100:udp', '8100:udp'];
const log = 'specter-knock.log';

const setOf = (door: string, family: Family): string => `${door}${family.slice(-1)}`;

const users = [
  { user: 'root', args: [], unable: undefined },
  { user: 'nobody', args: ['-u', 'nobody'], unable: notRoot },
];

describe.skipIf(missing)(title('contrib/port-knocking', missing), () => {
  describe.each(users)('specter.conf as $user', ({ args, unable }) => {
    const table = 'specter_doors';
    let host: GuardedHost;
    let specter: Daemon;
    beforeAll(async () => {
      if (unable !== undefined) return;
      host = await GuardedHost.create(ssh, admin);
      await loadRules(host.namespace, rules);
      const replacements = { 'nfttimeout 30s': 'nfttimeout 4s' };
      const name = 'port-knocking/specter.conf';
      specter = await startExample(host.namespace, name, { args, replacements });
    });
    afterAll(async () => {
      await specter?.[Symbol.asyncDispose]();
      await host?.[Symbol.asyncDispose]();
    });

    describe.skipIf(unable).each(families)(title('over %s', unable), (family) => {
      test('the door opens for the host that knocks, and closes again', async () => {
        const { client, stranger } = host;
        const set = setOf('ssh', family);
        const server = client.server[family];
        expect(await client.tcp.tryDoor(server, ssh)).toBe('timed out');
        await knock(client, family, ...rightOrder);
        await host.untilElements(table, set, client.own[family]);
        expect(await client.tcp.connect(server, ssh)).toBe('open');
        expect(await client.tcp.tryDoor(server, admin)).toBe('timed out');
        expect(await stranger.tcp.tryDoor(stranger.server[family], ssh)).toBe('timed out');
        await host.untilElements(table, set);
        expect(await client.tcp.echo(server, ssh)).toBe('open');
        expect(await client.tcp.tryDoor(server, ssh)).toBe('timed out');
      });

      test.each([
        ['another order', ['9000:udp', '7000:tcp', '8000:tcp']],
        ['rising order, as a scan has', ['7000:tcp', '8000:tcp', '9000:udp']],
        ['another protocol', ['7000:tcp', '9000:tcp', '8000:tcp']],
        ['a part', ['7000:tcp', '9000:udp']],
        ['another port of the doors in between', ['7000:tcp', '9000:udp', '7000:tcp', '8000:tcp']],
      ])('the door stays shut after %s', async (_, ports) => {
        const { client, stranger } = host;
        const set = setOf('ssh', family);
        await host.flush(table, set);
        await knock(client, family, ...ports);
        // Packets are handled in their order: once this one's door is open, the other's would be.
        await knock(stranger, family, ...rightOrder);
        await host.untilElements(table, set, stranger.own[family]);
        expect(await client.tcp.tryDoor(client.server[family], ssh)).toBe('timed out');
      });

      test('the other door has a sequence of its own', async () => {
        const { client } = host;
        const server = client.server[family];
        await knock(client, family, ...adminOrder);
        await host.untilElements(table, setOf('admin', family), client.own[family]);
        expect(await client.tcp.connect(server, admin)).toBe('open');
        expect(await client.tcp.tryDoor(server, ssh)).toBe('timed out');
      });
    });

    test.skipIf(unable)(title('every opening is logged', unable), async () => {
      const { stranger } = host;
      const before = (await specter.lines(log)).length;
      for (const family of families) {
        await knock(stranger, family, ...rightOrder);
        await knock(stranger, family, ...adminOrder);
      }
      const all = await specter.waitForLines(log, before + 4);
      expect(all.slice(before).map(sourceAndPort)).toEqual(
        families.flatMap((family) => [
          `${stranger.own[family]} 8000`,
          `${stranger.own[family]} 8100`,
        ]),
      );
    });
  });

  describe('specter.conf', () => {
    const table = 'specter_doors';
    const name = 'port-knocking/specter.conf';
    let host: GuardedHost;
    beforeEach(async () => {
      host = await GuardedHost.create(ssh);
    });
    afterEach(async () => await host[Symbol.asyncDispose]());

    test('needs the sets of knock.nft, and says how to make them', async () => {
      await expect(startExample(host.namespace, name)).rejects.toThrow(
        "nft add set inet specter_doors ssh4 '{ type ipv4_addr; flags timeout; }'",
      );
    });

    test('goes on when the rules are loaded again, which closes the doors', async () => {
      const { client } = host;
      await loadRules(host.namespace, rules);
      await using specter = await startExample(host.namespace, name);
      await knock(client, 'IPv4', ...rightOrder);
      await host.untilElements(table, 'ssh4', client.own.IPv4);
      await loadRules(host.namespace, rules);
      expect(await client.tcp.tryDoor(client.server.IPv4, ssh)).toBe('timed out');
      await knock(client, 'IPv4', ...rightOrder);
      await host.untilElements(table, 'ssh4', client.own.IPv4);
      expect(await client.tcp.connect(client.server.IPv4, ssh)).toBe('open');
      expect((await specter.stop()).code).toBe(0);
    });

    test.skipIf(notRoot)(title('one-time sequences work once, as nobody', notRoot), async () => {
      const { client } = host;
      await loadRules(host.namespace, rules);
      await using scratch = await ScratchFolder.create();
      const file = await scratch.write(
        'ssh.sequences',
        '7000/tcp 9000/udp 8000/tcp\n9000/udp 8000/tcp 7000/tcp\n',
      );
      await chown(file, Number(await host.namespace.exec('id', '-u', 'nobody')), 0);
      await using specter = await startExample(host.namespace, name, {
        args: ['-u', 'nobody'],
        replacements: { 'knocksequence "7000/tcp 9000/udp 8000/tcp"': `knockfile ${file}` },
      });
      await knock(client, 'IPv4', ...rightOrder);
      await host.untilElements(table, 'ssh4', client.own.IPv4);
      expect(await readFile(file, 'latin1')).toBe(
        '#000/tcp 9000/udp 8000/tcp\n9000/udp 8000/tcp 7000/tcp\n',
      );
      await host.flush(table, 'ssh4');
      // An eavesdropper sends the same again, then another host the next one.
      const { stranger } = host;
      await knock(client, 'IPv4', ...rightOrder);
      await knock(stranger, 'IPv4', '9000:udp', '8000:tcp', '7000:tcp');
      await host.untilElements(table, 'ssh4', stranger.own.IPv4);
      expect((await specter.stop()).code).toBe(0);
      expect(await readFile(file, 'latin1')).toBe(
        '#000/tcp 9000/udp 8000/tcp\n#000/udp 8000/tcp 7000/tcp\n',
      );
    });
  });

  describe.each(users)('specter-exec.conf as $user', ({ args, unable }) => {
    const table = 'specter_doors_exec';
    const sequence = ['7000', '9000', '8000'];
    let host: GuardedHost;
    beforeAll(async () => {
      if (unable !== undefined) return;
      host = await GuardedHost.create(ssh);
      await loadRules(host.namespace, 'port-knocking/knock-exec.nft');
    });
    afterAll(async () => await host?.[Symbol.asyncDispose]());

    const start = async (open: string): Promise<Daemon> => {
      const replacements = { 'execdelay 30s': `execdelay ${open}` };
      const name = 'port-knocking/specter-exec.conf';
      return await startExample(host.namespace, name, { args, replacements });
    };

    describe.skipIf(unable).each(families)(title('over %s', unable), (family) => {
      const set = setOf('open', family);

      test('the door opens for the host that knocks, and closes again', async () => {
        await using specter = await start('4s');
        const { client, stranger } = host;
        const server = client.server[family];
        expect(await client.tcp.tryDoor(server, ssh)).toBe('timed out');
        await knock(client, family, ...sequence);
        await host.untilElements(table, set, client.own[family]);
        expect(await client.tcp.connect(server, ssh)).toBe('open');
        expect(await stranger.tcp.tryDoor(stranger.server[family], ssh)).toBe('timed out');
        await host.untilElements(table, set);
        expect(await client.tcp.echo(server, ssh)).toBe('open');
        expect(await client.tcp.tryDoor(server, ssh)).toBe('timed out');
        expect((await specter.stop()).code).toBe(0);
      });

      test.each([
        ['another order', ['9000', '7000', '8000']],
        ['rising order, as a scan has', ['7000', '8000', '9000']],
        ['a wrong port in between', ['7000', '8000', '9000', '8000']],
        ['another protocol', ['7000', '9000:udp', '8000']],
        ['a part', ['7000', '9000']],
      ])('the door stays shut after %s', async (_, ports) => {
        await using specter = await start('1h');
        const { client, stranger } = host;
        await knock(client, family, ...ports);
        await knock(stranger, family, ...sequence);
        await host.untilElements(table, set, stranger.own[family]);
        expect(await client.tcp.tryDoor(client.server[family], ssh)).toBe('timed out');
        expect((await specter.stop()).code).toBe(0);
        expect(await host.elements(table, set)).toEqual([]);
      });

      test('the door closes when specter ends', async () => {
        await using specter = await start('1h');
        const { client } = host;
        await knock(client, family, ...sequence);
        await host.untilElements(table, set, client.own[family]);
        expect((await specter.stop()).code).toBe(0);
        expect(await host.elements(table, set)).toEqual([]);
      });
    });
  });
});

/** The packet that completed a sequence: `192.0.2.1 8000`. */
const sourceAndPort = (line: string): string =>
  line.replace(/.* SRC=(\S+) .* DPT=(\d+) .*/, '$1 $2');
