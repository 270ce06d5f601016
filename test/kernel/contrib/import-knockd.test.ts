import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Daemon, specterBinary, startSpecter } from '../../support/daemon.ts';
import { lines, waitForLines } from '../../support/file-lines.ts';
import { requireKernel, title } from '../../support/requirements.ts';
import { ScratchFolder } from '../../support/scratch-folder.ts';
import { families, GuardedHost } from './guarded-host.ts';
import { knock } from './knock.ts';

const missing = requireKernel('knock');
const ssh = 22;
const table = 'doors';

/** What stands behind the doors; the rules that log the knocks are the importer's. */
const firewall = `table inet ${table} {
  set open4 {
    type ipv4_addr
  }
  set open6 {
    type ipv6_addr
  }
  chain input {
    type filter hook input priority 0
    ct state established,related accept
    tcp dport ${ssh} ip saddr @open4 accept
    tcp dport ${ssh} ip6 saddr @open6 accept
    tcp dport { ${ssh}, 7000, 7100, 7200, 8000 } drop
    udp dport 9000 drop
  }
}
`;

const knockdConf = (folder: string): string => `[options]
	LogFile = ${folder}/knockd.log

[open]
	sequence        = 7000,9000:udp,8000
	seq_timeout     = 5
	tcpflags        = syn
	start_command   = /usr/sbin/nft add element inet ${table} open4 { %IP% }
	start_command_6 = /usr/sbin/nft add element inet ${table} open6 { %IP% }
	cmd_timeout     = 3
	stop_command    = /usr/sbin/nft delete element inet ${table} open4 { %IP% }
	stop_command_6  = /usr/sbin/nft delete element inet ${table} open6 { %IP% }

[report]
	sequence    = 7100,7200
	seq_timeout = 5
	tcpflags    = syn
	command     = echo "%IP% $((1 + 1))" >> ${folder}/reports
`;

describe.skipIf(missing)(title('specter import knockd.conf', missing), () => {
  let host: GuardedHost;
  let specter: Daemon;
  let scratch: ScratchFolder;
  beforeAll(async () => {
    host = await GuardedHost.create(ssh);
    scratch = await ScratchFolder.create();
    const { namespace } = host;
    await namespace.nft(firewall);
    const knockd = await scratch.write('knockd.conf', knockdConf(scratch.path));
    const config = await namespace.exec(specterBinary, 'import', '--group', '7', knockd);
    const imported = await scratch.write('specter.conf', config);
    // The command that the file itself gives for its rules.
    const [, load = ''] = /^# (sed .*)$/m.exec(config) ?? [];
    await namespace.exec('sh', '-c', load.replace('THIS_FILE', imported));
    specter = await startSpecter({ namespace, config });
  });
  afterAll(async () => {
    await specter?.[Symbol.asyncDispose]();
    await scratch?.[Symbol.asyncDispose]();
    await host?.[Symbol.asyncDispose]();
  });

  test.each(families)('over %s: start_command opens, stop_command closes', async (family) => {
    const { client, stranger } = host;
    const set = `open${family.slice(-1)}`;
    const server = client.server[family];
    expect(await client.tcp.tryDoor(server, ssh)).toBe('timed out');
    await knock(client, family, '7000', '9000:udp', '8000');
    await host.untilElements(table, set, client.own[family]);
    expect(await client.tcp.connect(server, ssh)).toBe('open');
    expect(await stranger.tcp.tryDoor(stranger.server[family], ssh)).toBe('timed out');
    await host.untilElements(table, set);
    expect(await client.tcp.tryDoor(server, ssh)).toBe('timed out');
  });

  test.each([
    ['another order', ['9000:udp', '7000', '8000']],
    ['another protocol', ['7000', '9000', '8000']],
    ['a part', ['7000', '8000']],
  ])('the door stays shut after %s', async (_, ports) => {
    const { client, stranger } = host;
    await host.flush(table, 'open4');
    await knock(client, 'IPv4', ...ports);
    await knock(stranger, 'IPv4', '7000', '9000:udp', '8000');
    await host.untilElements(table, 'open4', stranger.own.IPv4);
    expect(await client.tcp.tryDoor(client.server.IPv4, ssh)).toBe('timed out');
  });

  test.each(families)('over %s: a command of the shell is run by one', async (family) => {
    const { client } = host;
    await knock(client, family, '7100', '7200');
    const file = scratch.join('reports');
    const reports = await waitForLines(file, families.indexOf(family) + 1);
    expect(reports.at(-1)).toBe(`${client.own[family]} 2`);
  });

  test('ends in order', async () => {
    expect((await specter.stop()).code).toBe(0);
    expect(await host.elements(table, 'open4')).toEqual([]);
    expect(await lines(scratch.join('knockd.log'))).not.toEqual([]);
  });
});
