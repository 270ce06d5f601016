import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Daemon } from '../../support/daemon.ts';
import { oprintRecords } from '../../support/oprint-records.ts';
import { requireKernel, runsAsRoot, searchPath, title } from '../../support/requirements.ts';
import { lastStatistics, lossless } from '../../support/statistics.ts';
import { exampleText, loadRules, startExample } from './example.ts';
import { families, GuardedHost } from './guarded-host.ts';

const missing = requireKernel('ping');
const noLogrotate =
  requireKernel('logrotate') ?? (runsAsRoot ? undefined : 'logrotate wants to be root');

const example = 'per-group-logging';
const accepted = 'specter-accepted.log';
const dropped = 'specter-dropped.log';

describe.skipIf(missing)(title(`contrib/${example}`, missing), () => {
  let host: GuardedHost;
  beforeEach(async () => {
    host = await GuardedHost.create(22, 23);
    await loadRules(host.namespace, `${example}/firewall.nft`);
  });
  afterEach(async () => await host[Symbol.asyncDispose]());

  const start = async (...args: string[]): Promise<Daemon> =>
    await startExample(host.namespace, `${example}/specter.conf`, { args });

  test.each(families)('%s: each packet is in the file of its kind, once', async (family) => {
    await using specter = await start();
    const { namespace, tcp, server } = host.client;
    expect(await tcp.connect(server[family], 22)).toBe('open');
    expect(await tcp.tryDoor(server[family], 23)).toBe('timed out');
    await namespace.exec('ping', '-c', '1', server[family]);
    await specter.waitForLines(dropped, 1);
    const { code, stderr } = await specter.stop();
    expect(code).toBe(0);
    expect(lastStatistics(stderr)).toEqual({ accepted: lossless(2), dropped: lossless(1) });
    const echoRequest = family === 'IPv4' ? 8 : 128;
    expect((await specter.lines(accepted)).map(summary)).toEqual([
      'accepted: IN=wan0 TCP DPT=22',
      `accepted: IN=wan0 ICMP${family === 'IPv4' ? '' : 'v6'} TYPE=${echoRequest}`,
    ]);
    expect((await specter.lines(dropped)).map(summary)).toEqual(['dropped: IN=wan0 TCP DPT=23']);
  });

  test('labels what each group logs', async () => {
    const replacements = { '#:OPRINT': ':OPRINT', '#file': 'file' };
    const name = `${example}/specter.conf`;
    await using specter = await startExample(host.namespace, name, { replacements });
    const { tcp, server } = host.client;
    await tcp.connect(server.IPv4, 22);
    await tcp.tryDoor(server.IPv4, 23);
    await specter.waitForLines(dropped, 1);
    await specter.stop();
    const labelsIn = async (file: string) =>
      oprintRecords(await specter.lines(file)).map((record) => [
        record['tcp.dport'],
        record['raw.label'],
      ]);
    expect(await labelsIn('specter-accepted.oprint')).toEqual([['22', '1']]);
    expect(await labelsIn('specter-dropped.oprint')).toEqual([['23', '0']]);
  });

  test.skipIf(noLogrotate)(
    title('nobody logs, and goes on after logrotate', noLogrotate),
    async () => {
      await using specter = await start('-u', 'nobody');
      const { folder, pid } = specter;
      const conf = await folder.write(
        'logrotate.conf',
        await exampleText(`${example}/logrotate`, {
          '/var/log': folder.path,
          '/run/specter.pid': await folder.write('pid', `${pid}\n`),
          // As where there is no systemd: its unit is another specter's.
          '/run/systemd/system': folder.join('none'),
        }),
      );
      const { tcp, server } = host.client;
      await tcp.connect(server.IPv4, 22);
      await specter.waitForLines(accepted, 1);
      await promisify(execFile)('logrotate', ['--force', '--state', folder.join('state'), conf], {
        env: { PATH: searchPath.join(':') },
      });
      await specter.waitForLog(/files reopened/);
      await tcp.connect(server.IPv6, 22);
      await specter.waitForLines(accepted, 1);
      const { stderr } = await specter.stop();
      expect(lastStatistics(stderr)).toEqual({ accepted: lossless(2), dropped: lossless(0) });
      expect(await specter.lines(`${accepted}.1`)).toHaveLength(1);
      expect(await specter.lines(accepted)).toHaveLength(1);
    },
  );
});

/** What tells the packets of these tests apart: `accepted: IN=wan0 TCP DPT=22`. */
function summary(line: string): string {
  const [, prefix, device, protocol, detail] =
    /(\S+ )(IN=\S+).* PROTO=(\S+) .*?((?:DPT|TYPE)=\d+)/.exec(line) ?? [];
  return `${prefix}${device} ${protocol} ${detail}`;
}
