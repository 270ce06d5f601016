import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { specterBinary } from '../support/daemon.ts';
import { Namespace } from '../support/namespace.ts';
import { requireKernel, runsAsRoot, title } from '../support/requirements.ts';
import { ScratchFolder } from '../support/scratch-folder.ts';
import { lastStatistics } from '../support/statistics.ts';
import { until } from '../support/until.ts';

const asUser = ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups', '--'];

/** What an ordinary user types, and what root does to be one. */
const ordinary = (...command: string[]): string[] =>
  runsAsRoot ? [...asUser, ...command] : command;

function obstacle(): string | undefined {
  const [command = '', ...args] = ordinary('unshare', '-rn', specterBinary, '--version');
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return status === 0 ? undefined : `an ordinary user cannot start specter here: ${stderr.trim()}`;
}

const missing = requireKernel() ?? obstacle();

/** More failures at once than the receive buffer of an ordinary user has room for. */
const PACKETS = 1000;
const SIZE = 100;

const rules = `table inet t {
  set ports { type inet_service; size ${SIZE}; }
  chain input {
    type filter hook input priority 0
    udp dport 20000-30000 log group 5 drop
  }
}
`;

const config = `5 {
  qthreshold ${PACKETS}
  nlbufsiz 128K
  snaplen 64
  qtimeout 200ms
  plugin BASE
  plugin NFTSET
  nftset "inet t ports"
  nftkey udp.dport
}
`;

test.skipIf(missing)(title('NFTSET works in `unshare -rn`', missing), async () => {
  await using namespace = await Namespace.create();
  await using folder = await ScratchFolder.create();
  await namespace.exec('chmod', '777', folder.path);
  await folder.write('rules', rules);
  await folder.write('specter.conf', config);
  const script = 'ip link set lo up && nft -f rules && exec "$0" -c specter.conf';
  const [command = '', ...args] = ordinary('unshare', '-rn', 'sh', '-c', script, specterBinary);
  await using specter = namespace.spawn(command, args, { cwd: folder.path });
  await specter.waitForLog(/ready/);
  const target = [
    '-t',
    String(specter.pid),
    '--user',
    '--net',
    '--preserve-credentials',
    '--setuid=0',
  ];
  const inside = (...words: string[]): Promise<string> =>
    namespace.exec('nsenter', ...target, ...words);
  const send = `for ((i = 0; i < ${PACKETS}; i++)); do echo x > /dev/udp/127.0.0.1/$((20000 + i)); done`;
  await inside('bash', '-c', send);
  const elements = async (): Promise<unknown[]> => {
    const listed = JSON.parse(await inside('nft', '-j', 'list', 'set', 'inet', 't', 'ports'));
    return listed.nftables[1].set.elem ?? [];
  };
  await until(async () => (await elements()).length === SIZE, 'a full set');
  const { code, stderr } = await specter.stop();
  expect(code).toBe(0);
  expect(lastStatistics(stderr)['5']?.stages.NFTSET).toMatchObject({
    written: SIZE,
    dropped: PACKETS - SIZE,
    added: SIZE,
    'set full': PACKETS - SIZE,
  });
});
