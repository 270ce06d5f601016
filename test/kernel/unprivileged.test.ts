import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { specterBinary } from '../support/daemon.ts';
import { waitForLines } from '../support/file-lines.ts';
import { withoutStamp } from '../support/log-samples/sample.ts';
import { Namespace } from '../support/namespace.ts';
import { requireKernel, runsAsRoot, title } from '../support/requirements.ts';
import { ScratchFolder } from '../support/scratch-folder.ts';
import { lastStatistics, lossless } from '../support/statistics.ts';

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

const rules = `table inet t {
  chain input {
    type filter hook input priority 0
    udp dport 9 log group 5 prefix "user:" drop
  }
}
`;

test.skipIf(missing)(title('an ordinary user can log in `unshare -rn`', missing), async () => {
  await using namespace = await Namespace.create();
  await using folder = await ScratchFolder.create();
  await namespace.exec('chmod', '777', folder.path);
  await folder.write('rules', rules);
  await folder.write(
    'specter.conf',
    'global {\n  rmem 512M\n}\n5 {\n  plugin BASE\n  plugin LOGEMU\n  logemufile packets.log\n  logemusync\n}\n',
  );
  const script = 'ip link set lo up && nft -f rules && exec "$0" -c specter.conf';
  const [command = '', ...args] = ordinary('unshare', '-rn', 'sh', '-c', script, specterBinary);
  await using specter = namespace.spawn(command, args, { cwd: folder.path });
  await specter.waitForLog(/ready/);
  expect(specter.stderr).toMatch(
    /notice block 5 nflog: receive buffer: asked for 536870912 bytes \(rmem\), the kernel grants \d+; run as root, or: sysctl -w net\.core\.rmem_max=536870912\n/,
  );
  const target = ['-t', String(specter.pid), '--user', '--net', '--preserve-credentials'];
  const send = 'for i in 1 2 3; do echo x > /dev/udp/127.0.0.1/9; done';
  await namespace.exec('nsenter', ...target, 'bash', '-c', send);
  const lines = await waitForLines(folder.join('packets.log'), 3);
  for (const line of lines) {
    expect(withoutStamp(line)).toMatch(/^user: IN=lo OUT= .* LEN=30 .* DPT=9 LEN=10 MARK=0x0 $/);
  }
  const { code, stderr } = await specter.stop();
  expect(code).toBe(0);
  expect(lastStatistics(stderr)).toEqual({ 5: lossless(3) });
});
