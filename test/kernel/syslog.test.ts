import { describe, expect, test } from 'vitest';
import { Daemon, readyMessage, specterBinary, whenReady } from '../support/daemon.ts';
import { Namespace } from '../support/namespace.ts';
import { numberedPort, numberingRules, range, sendNumbered } from '../support/numbered-packets.ts';
import { requireKernel, runsAsRoot, title } from '../support/requirements.ts';
import { Rsyslog } from '../support/rsyslog.ts';
import { ScratchFolder } from '../support/scratch-folder.ts';
import { lastStatistics } from '../support/statistics.ts';
import { until } from '../support/until.ts';

const missing = requireKernel('rsyslogd');

/** Starts specter where the socket of `rsyslog` is /dev/log; does not wait. */
async function launchSpecter(
  namespace: Namespace,
  rsyslog: Rsyslog,
  config: (folder: string) => string,
  args: readonly string[] = [],
): Promise<Daemon> {
  const folder = await ScratchFolder.create();
  const file = await folder.write('specter.conf', config(folder.path));
  const command = [specterBinary, '-v', '-c', file, ...args];
  return new Daemon(rsyslog.spawn(namespace, command), folder);
}

const startSpecter: typeof launchSpecter = async (...start) =>
  await whenReady(await launchSpecter(...start), readyMessage);

/** The block of group 5; its lines also go to a file. */
const block = (folder: string): string => `5 {
  plugin BASE
  plugin LOGEMU
  logemufile ${folder}/packets.log
  logemusync
  plugin SYSLOG
  syslog_facility local0
}
`;

const rules = numberingRules({ [numberedPort]: 'log group 5 queue-threshold 1' });

/** What rsyslogd has of a numbered packet, with the blank at its end, behind facility and level. */
const numberedLine =
  /^(\S+) (\S+)\[\d+\]: {2}IN=lo OUT= MAC=(?:00:){12}08:00 SRC=127\.0\.0\.1 .* MARK=0x([0-9a-f]+) $/;

/**
 * The packets' numbers in the order of the lines.
 * @throws Error with the first line that is not whole, or not of this level and program
 */
function numbersOf(lines: readonly string[], level = 'local0.notice', ident = 'specter'): number[] {
  return lines.map((line) => {
    const [, ...parts] = numberedLine.exec(line) ?? [];
    if (parts[0] !== level || parts[1] !== ident) throw new Error(`not whole: ${line}`);
    return Number.parseInt(parts[2] ?? '', 16);
  });
}

const syslogCounts = (stderr: string) => lastStatistics(stderr)['5']?.stages.SYSLOG;

describe.skipIf(missing)(title('SYSLOG', missing), () => {
  test('gives each block its own facility, level and ident, beside the log of specter itself', async () => {
    const packets = 500;
    await using namespace = await Namespace.create();
    await using rsyslog = await Rsyslog.start();
    const ports = { 9: 'log group 5', 10: 'log group 6', 11: 'log group 7' };
    await namespace.nft(numberingRules(ports));
    const config = () => `global {
  logfile syslog
}
5 {
  plugin BASE
  plugin SYSLOG
}
6 {
  plugin BASE
  plugin SYSLOG
  syslog_facility deamon
  syslog_level error
  syslog_ident fw-in
}
7 {
  :BASE
  :SYSLOG all
    facility LOG_LOCAL7
    level debug
  :SYSLOG
    facility authpriv
    syslog_ident firewall/7
}
`;
    await using specter = await launchSpecter(namespace, rsyslog, config);
    await rsyslog.waitForLines('daemon', 1);
    const send = (port: number) => sendNumbered(namespace, packets, { port, rate: 5000 });
    await Promise.all([9, 10, 11].map(send));
    const [kern, local7, authpriv] = await Promise.all(
      ['kern', 'local7', 'authpriv'].map((facility) => rsyslog.waitForLines(facility, packets)),
    );
    const { code } = await specter.stop();
    expect(code).toBe(0);
    const all = range(0, packets);
    expect(numbersOf(kern ?? [], 'kern.notice')).toEqual(all);
    expect(numbersOf(local7 ?? [], 'local7.debug')).toEqual(all);
    expect(numbersOf(authpriv ?? [], 'authpriv.notice', 'firewall/7')).toEqual(all);
    const summary = 'specter: block 7 SYSLOG: written 500, dropped 0, errors 0';
    await until(
      async () => (await rsyslog.lines('daemon')).some((line) => line.endsWith(summary)),
      'last line of specter',
    );
    const daemon = await rsyslog.lines('daemon');
    const isOwn = (line: string): boolean => / specter\[\d+\]: /.test(line);
    const others = daemon.filter((line) => !isOwn(line));
    expect(numbersOf(others, 'daemon.err', 'fw-in')).toEqual(all);
    for (const line of daemon.filter(isOwn)) {
      expect(line).toMatch(/^daemon\.(?:info|notice) specter\[\d+\]: \S+: /);
    }
  });

  test('hands on any prefix as one line, letter by letter', async () => {
    await using namespace = await Namespace.create();
    await using rsyslog = await Rsyslog.start();
    const prefixes = ['100%s %n%%', '<0>forged[1]:', 'two\\nlines', 'zürich ✓'];
    const rule = (prefix: string) => `udp dport 9 log group 5 prefix "${prefix}"`;
    await namespace.nft(`table inet t {
  chain c {
    type filter hook input priority 0
    ${prefixes.map(rule).join('\n    ')}
  }
}
`);
    // What is not UTF-8 cannot stand in what Node passes on.
    const stray = `printf 'add rule inet t c ${rule('\\377\\n<8>x')}' | nft -f -`;
    await namespace.exec('sh', '-c', stray);
    await using specter = await startSpecter(namespace, rsyslog, block);
    await sendNumbered(namespace, 1);
    const lines = await rsyslog.waitForLines('local0', prefixes.length + 1);
    expect((await specter.stop()).code).toBe(0);
    const texts = lines.map(
      (line) => /^local0\.notice specter\[\d+\]: (.*) IN=lo /.exec(line)?.[1],
    );
    expect(texts).toEqual([...prefixes, '\\xff\\x0a<8>x']);
  });

  test('keeps lines while the log daemon is away, and says so', async () => {
    const packets = 2000;
    await using namespace = await Namespace.create();
    await using rsyslog = await Rsyslog.start();
    await namespace.nft(rules);
    await using specter = await startSpecter(namespace, rsyslog, block);
    await sendNumbered(namespace, packets, { rate: 20_000 });
    await rsyslog.waitForLines('local0', packets);
    await rsyslog.stop();
    await sendNumbered(namespace, packets, { rate: 20_000 });
    const [, reason] = await specter.waitForLog(
      /error block 5 SYSLOG: cannot reach the log daemon: (.*); trying again\n/,
    );
    expect(reason).toBe("ENOENT: no such file or directory, connect '/dev/log'");
    await specter.waitForLines('packets.log', 2 * packets);
    await rsyslog.start();
    await specter.waitForLog(/notice block 5 SYSLOG: the log daemon takes lines again\n/);
    await sendNumbered(namespace, packets, { rate: 20_000 });
    const lines = await rsyslog.waitForLines('local0', 3 * packets);
    const { code, stderr } = await specter.stop();
    expect(code).toBe(0);
    expect(numbersOf(lines)).toEqual(range(0, 3 * packets));
    expect(syslogCounts(stderr)).toMatchObject({ written: 3 * packets, dropped: 0 });
    expect(syslogCounts(stderr)?.errors).toBeGreaterThan(0);
  });

  test('holds up nothing else while the log daemon does not read', async () => {
    const packets = 20_000;
    await using namespace = await Namespace.create();
    await using rsyslog = await Rsyslog.start();
    await namespace.nft(rules);
    await using specter = await startSpecter(namespace, rsyslog, block);
    rsyslog.signal('SIGSTOP');
    await sendNumbered(namespace, packets, { rate: 40_000 });
    await specter.waitForLines('packets.log', packets);
    expect(await rsyslog.lines('local0')).toEqual([]);
    rsyslog.signal('SIGCONT');
    const lines = await rsyslog.waitForLines('local0', packets);
    const { code, stderr } = await specter.stop();
    expect(code).toBe(0);
    expect(numbersOf(lines)).toEqual(range(0, packets));
    const stages = { LOGEMU: { written: packets, dropped: 0, errors: 0 } };
    expect(lastStatistics(stderr)['5']).toMatchObject({ received: packets, lost: 0, stages });
    expect(syslogCounts(stderr)).toEqual({ written: packets, dropped: 0, errors: 0 });
  });

  test('holds up nothing even if the log of specter itself goes to that log daemon', async () => {
    const packets = 1000;
    await using namespace = await Namespace.create();
    await using rsyslog = await Rsyslog.start();
    await namespace.nft(rules);
    const config = (folder: string) => `global {\n  logfile syslog\n}\n${block(folder)}`;
    await using specter = await launchSpecter(namespace, rsyslog, config);
    await rsyslog.waitForLines('daemon', 1);
    rsyslog.signal('SIGSTOP');
    await sendNumbered(namespace, packets);
    await specter.waitForLines('packets.log', packets);
    // Statistics, for which the queue has no room.
    specter.signal('SIGUSR2');
    await sendNumbered(namespace, packets);
    await specter.waitForLines('packets.log', 2 * packets);
    rsyslog.signal('SIGCONT');
    const lines = await rsyslog.waitForLines('local0', 2 * packets);
    expect((await specter.stop()).code).toBe(0);
    expect(numbersOf(lines)).toEqual(range(0, 2 * packets));
    const lost = / log: [1-9]\d* messages were lost: sendto \/dev\/log: .* \(EAGAIN\)$/;
    await until(
      async () => (await rsyslog.lines('daemon')).some((line) => lost.test(line)),
      'number of lost lines',
    );
  });

  test('ends within seconds when the log daemon does not read, and counts what it did not take', async () => {
    const packets = 1000;
    await using namespace = await Namespace.create();
    await using rsyslog = await Rsyslog.start();
    await namespace.nft(rules);
    await using specter = await startSpecter(namespace, rsyslog, block);
    rsyslog.signal('SIGSTOP');
    await sendNumbered(namespace, packets);
    await specter.waitForLines('packets.log', packets);
    const start = performance.now();
    const { code, stderr } = await specter.stop();
    const duration = performance.now() - start;
    expect(code).toBe(0);
    expect(duration).toBeGreaterThan(2000);
    expect(duration).toBeLessThan(20_000);
    const { written = 0, dropped = 0, errors } = syslogCounts(stderr) ?? {};
    expect({ sum: written + dropped, errors }).toEqual({ sum: packets, errors: 0 });
    expect(stderr).toContain(
      `error block 5 SYSLOG: ${dropped} lines lost: the log daemon did not take them: it takes them too slowly\n`,
    );
    rsyslog.signal('SIGCONT');
    expect(numbersOf(await rsyslog.waitForLines('local0', written))).toEqual(range(0, written));
  });

  test('ends when there is no log daemon, every line counted', async () => {
    const packets = 1000;
    await using namespace = await Namespace.create();
    await using rsyslog = await Rsyslog.create();
    await namespace.nft(rules);
    await using specter = await startSpecter(namespace, rsyslog, block);
    await sendNumbered(namespace, packets);
    await specter.waitForLines('packets.log', packets);
    const { code, stderr } = await specter.stop();
    expect(code).toBe(0);
    expect(syslogCounts(stderr)).toMatchObject({ written: 0, dropped: packets });
    expect(stderr).toContain(
      `error block 5 SYSLOG: ${packets} lines lost: the log daemon did not take them: ENOENT: `,
    );
  });

  test.skipIf(!runsAsRoot)(
    title('sends as the user that specter becomes', runsAsRoot ? undefined : 'run as root'),
    async () => {
      const packets = 100;
      await using namespace = await Namespace.create();
      await using rsyslog = await Rsyslog.start();
      await namespace.nft(rules);
      const config = () => `global {
  user nobody
  keepcaps net_admin
}
5 {
  plugin BASE
  plugin SYSLOG
  facility local0
}
`;
      await using specter = await startSpecter(namespace, rsyslog, config);
      await sendNumbered(namespace, packets);
      const lines = await rsyslog.waitForLines('local0', packets);
      const { code, stderr } = await specter.stop();
      expect(code).toBe(0);
      expect(numbersOf(lines)).toEqual(range(0, packets));
      expect(syslogCounts(stderr)).toEqual({ written: packets, dropped: 0, errors: 0 });
    },
  );
});
