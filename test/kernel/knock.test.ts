import { randomInt } from 'node:crypto';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Daemon, launchSpecter, startSpecter } from '../support/daemon.ts';
import { destinationMac } from '../support/host-pair.ts';
import { Namespace } from '../support/namespace.ts';
import { oprintRecords } from '../support/oprint-records.ts';
import { ethernet, ipv4, tcp } from '../support/packets.ts';
import { requireKernel, runsAsRoot, title } from '../support/requirements.ts';
import { ScratchFolder } from '../support/scratch-folder.ts';
import { PacketSender } from '../support/send-packets.ts';
import { lastStatistics } from '../support/statistics.ts';

const missing = requireKernel('knock', 'ping');
const notRoot = runsAsRoot ? undefined : 'only root can become another user';

const server4 = '192.0.2.1';
const server6 = '2001:db8::1';
const client4 = '192.0.2.2';
const client6 = '2001:db8::2';

/** What would be a knock is logged and dropped, so that the server shows nothing of itself. */
const rules = `table inet knocks {
  chain prerouting {
    type filter hook prerouting priority -300
    tcp flags & (syn | ack) == syn goto knock
    udp dport 1-65535 goto knock
    icmp type echo-request goto knock
    icmpv6 type echo-request goto knock
  }
  chain knock {
    log group 5 queue-threshold 1
    drop
  }
}
`;

/** A door, and what is written of the packets that open it, to `NAME.keys`. */
const door = (name: string, folder: string, ...options: readonly string[]) => `
  :KNOCK ${name}
    ${options.join('\n    ')}
  :OPRINT ${name}
    when ${name}
    file ${folder}/${name}.keys
    sync
`;

/** A block that writes all packets to `all.log`, with doors behind that. */
const config = (folder: string, ...doors: readonly string[]) => `global {
  rmem 64M
  loglevel 1
}
knock {
  group 5
  :BASE
  :LOGEMU
    file ${folder}/all.log
    sync
${doors.join('')}}
`;

describe.skipIf(missing)(title('KNOCK', missing), () => {
  let server: Namespace;
  let client: Namespace;
  beforeEach(async () => {
    server = await Namespace.create();
    client = await Namespace.create();
    await client.veth('lan0', server, 'wan0');
    await server.exec('ip', 'link', 'set', 'wan0', 'address', destinationMac);
    await server.address('wan0', `${server4}/24`);
    await server.address('wan0', `${server6}/64`);
    await client.address('lan0', `${client4}/24`);
    await client.address('lan0', `${client6}/64`);
    await server.nft(rules);
  });
  afterEach(async () => {
    await client[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  const start = async (...options: readonly string[]) =>
    await startSpecter({
      namespace: server,
      config: (folder) => config(folder, door('ssh', folder, ...options)),
    });

  /** The client's hits, as `knock` sends them: `7000:tcp 8000:udp`. */
  const knock = async (hits: string, { to = server4, delay = 0 } = {}): Promise<void> => {
    const family = to === server6 ? '-6' : '-4';
    await client.exec('knock', family, '-d', String(delay), to, ...hits.split(' '));
  };

  test('lets the last packet of a sequence pass, over IPv4 and IPv6', async () => {
    await using specter = await start('knocksequence "7000/tcp 8000/udp 9000/tcp"');
    await knock('7000:tcp 8000:udp 9000:tcp');
    await knock('7000:tcp 8000:udp 9000:tcp', { to: server6 });
    expect(await opened(specter, 'ssh', 2)).toEqual([
      `${client4} ssh 3 9000`,
      `${client6} ssh 3 9000`,
    ]);
    expect((await specter.stop()).code).toBe(0);
    expect(specter.stderr.match(/\S+: ssh: sequence complete$/gm)).toEqual([
      `${client4}: ssh: sequence complete`,
      `${client6}: ssh: sequence complete`,
    ]);
    expect(counts(specter)).toEqual({
      seen: 6,
      passed: 2,
      attempts: 2,
      spoiled: 0,
      expired: 0,
      completed: 2,
      refused: 0,
      evicted: 0,
      sources: 0,
    });
  });

  test('lets nothing pass in the wrong order, with a wrong port or of another protocol', async () => {
    await using specter = await start('knocksequence 7000/tcp 8000/udp 9000/tcp');
    await knock('9000 8000:udp 7000');
    await knock('7000 9000 8000:udp 9000');
    await knock('7000 8000 9000');
    await knock('7000 8001:udp 9000');
    await knock('8000:udp 9000');
    // Ports of no step are nothing to it.
    await knock('7000 22 53:udp 8000:udp 443 9000');
    expect(await opened(specter, 'ssh', 1)).toEqual([`${client4} ssh 3 9000`]);
    expect((await specter.stop()).code).toBe(0);
    expect(counts(specter)).toMatchObject({ seen: 21, passed: 1, completed: 1 });
  });

  test('lets any other packet spoil an attempt in strict mode', async () => {
    await using specter = await start('knocksequence 7000 8000', 'knockstrict');
    await knock('7000 22 8000');
    await knock('7000 53:udp 8000');
    await knock('7000 8000');
    expect(await opened(specter, 'ssh', 1)).toEqual([`${client4} ssh 2 8000`]);
    expect((await specter.stop()).code).toBe(0);
    expect(counts(specter)).toMatchObject({ attempts: 3, spoiled: 2, completed: 1 });
  });

  test('lets nothing pass that takes too long', async () => {
    await using specter = await start('knocksequence 7000 8000', 'knocktimeout 200ms');
    await knock('7000 8000', { delay: 300 });
    await knock('7000 8000');
    expect(await opened(specter, 'ssh', 1)).toEqual([`${client4} ssh 2 8000`]);
    expect((await specter.stop()).code).toBe(0);
    expect(counts(specter)).toMatchObject({ attempts: 2, expired: 1, completed: 1 });
  });

  test("takes the kernel's retransmissions for what they are", async () => {
    await using specter = await startSpecter({
      namespace: server,
      config: (folder) =>
        config(
          folder,
          door('once', folder, 'knocksequence 7000 8000'),
          door('twice', folder, 'knocksequence 7000 7000 8000'),
        ),
    });
    // The connection goes on trying: a second SYN comes after a second.
    await using connection = client.spawn('bash', ['-c', `: <>/dev/tcp/${server4}/7000`]);
    const all = await specter.waitForLines('all.log', 2);
    const ports = all.map((line) => /SPT=(\d+) DPT=7000 /.exec(line)?.[1]);
    expect(new Set(ports).size).toBe(1);
    await connection[Symbol.asyncDispose]();
    await knock('8000');
    expect(await opened(specter, 'once', 1)).toEqual([`${client4} once 2 8000`]);
    await knock('7000 7000 8000');
    expect(await opened(specter, 'twice', 1)).toEqual([`${client4} twice 3 8000`]);
    expect((await specter.stop()).code).toBe(0);
    expect(counts(specter, 'once')).toMatchObject({ attempts: 2, spoiled: 0, completed: 2 });
    expect(counts(specter, 'twice')).toMatchObject({ attempts: 2, spoiled: 1, completed: 1 });
  });

  test('keeps the doors of a block apart', async () => {
    await using specter = await startSpecter({
      namespace: server,
      config: (folder) =>
        config(
          folder,
          door('ssh', folder, 'knocksequence 7000 8000 9000'),
          door('web', folder, 'knocksequence 9000 8000 7000', 'knockname "the web"'),
          door('six', folder, 'knocksequence 7000 8000 9000', 'knockfamily ip6'),
        ),
    });
    await knock('9000 8000 7000');
    await knock('7000 8000 9000');
    await knock('7000 8000 9000', { to: server6 });
    const four = `${client4} ssh 3 9000`;
    expect(await opened(specter, 'ssh', 2)).toEqual([four, `${client6} ssh 3 9000`]);
    expect(await opened(specter, 'web', 1)).toEqual([`${client4} the web 3 7000`]);
    expect(await opened(specter, 'six', 1)).toEqual([`${client6} six 3 9000`]);
  });

  test('takes pings for steps', async () => {
    await using specter = await startSpecter({
      namespace: server,
      config: (folder) =>
        config(
          folder,
          door('four', folder, 'knocksequence 8/icmp 7000/tcp'),
          door('six', folder, 'knocksequence 128/icmpv6 7000/tcp'),
        ),
    });
    for (const to of [server4, server6]) {
      // Nobody answers: its exit status is 1.
      await client.spawn('ping', ['-c', '1', '-W', '0.1', to]).exit;
      await knock('7000', { to });
    }
    expect(await opened(specter, 'four', 1)).toEqual([`${client4} four 2 7000`]);
    expect(await opened(specter, 'six', 1)).toEqual([`${client6} six 2 7000`]);
  });

  test('is open to a client after a flood of 100 000 sources', async () => {
    const [flood, room] = [100_000, 1000];
    await using specter = await start('knocksequence 7000 8000 9000', `knockmax ${room}`);
    await knock('7000');
    await specter.waitForLines('all.log', 1);
    {
      await using sender = new PacketSender(client, 'lan0');
      const frames = Array.from({ length: flood }, (_, i) => firstStep(i));
      await sender.send(frames);
    }
    await specter.waitForLines('all.log', flood + 1, 30_000);
    await knock('8000 9000');
    await knock('7000 8000 9000');
    expect(await opened(specter, 'ssh', 1)).toEqual([`${client4} ssh 3 9000`]);
    specter.signal('SIGUSR2');
    await specter.waitForLog(/KNOCK ssh: seen .*\n/);
    expect(counts(specter)).toMatchObject({
      seen: flood + 6,
      attempts: flood + 2,
      completed: 1,
      evicted: flood + 2 - room,
      sources: room,
    });
    expect((await specter.stop()).code).toBe(0);
    expect(lastStatistics(specter.stderr).knock).toMatchObject({ lost: 0 });
  });

  describe('with one-time sequences', () => {
    let scratch: ScratchFolder;
    let file: string;
    beforeEach(async () => {
      scratch = await ScratchFolder.create();
      file = await scratch.write('sequences', '# mine\n7000 8000\n 7001,8001:udp\n7002 8002\n');
    });
    afterEach(async () => await scratch[Symbol.asyncDispose]());
    const content = async () => await readFile(file, 'utf8');

    test('never takes one twice, however specter ends', async () => {
      {
        await using specter = await start(`knockfile ${file}`);
        await knock('7001 8001:udp');
        await knock('7000 8000');
        expect(await opened(specter, 'ssh', 1)).toEqual([`${client4} ssh 2 8000`]);
        await specter.process.stop('SIGKILL');
      }
      expect(await content()).toBe('# mine\n#000 8000\n 7001,8001:udp\n7002 8002\n');
      await using specter = await start(`knockfile ${file}`);
      await knock('7000 8000');
      await knock('7001 8001:udp');
      await knock('7001 8001:udp');
      await knock('7002 8002');
      expect(await opened(specter, 'ssh', 2)).toEqual([
        `${client4} ssh 2 8001`,
        `${client4} ssh 2 8002`,
      ]);
      expect(await content()).toBe('# mine\n#000 8000\n#7001,8001:udp\n#002 8002\n');
      await specter.waitForLog(/sequences has no unused sequence left: the door stays shut/);
      await writeFile(file, `${await content()}7003\n`);
      specter.signal('SIGHUP');
      await specter.waitForLog(/reopened/);
      await knock('7003');
      expect((await opened(specter, 'ssh', 3))[2]).toBe(`${client4} ssh 1 7003`);
    });

    test('goes over to another config with the file in its hands', async () => {
      await using specter = await start(`knockfile ${file}`);
      await knock('7000 8000');
      await opened(specter, 'ssh', 1);
      const { path } = specter.folder;
      const other = door('admin', path, `knockfile ${file}`);
      await specter.folder.write('specter.conf', config(path, other));
      specter.signal('SIGUSR1');
      await specter.waitForLog(/config reloaded/);
      await knock('7000 8000');
      await knock('7001 8001:udp');
      expect(await opened(specter, 'admin', 1)).toEqual([`${client4} admin 2 8001`]);
      expect((await specter.stop()).code).toBe(0);
    });

    describe.skipIf(notRoot)(title('as another user', notRoot), () => {
      /** With a file whose owner alone may have it. */
      const asNobody = async (owner: string) => {
        await chmod(scratch.path, 0o755);
        await chmod(file, 0o600);
        await server.exec('chown', owner, file);
        return {
          namespace: server,
          config: (path: string) => config(path, door('ssh', path, `knockfile ${file}`)),
          args: ['-u', 'nobody'],
        };
      };

      test('marks them, and reads them again on SIGHUP and at a reload', async () => {
        await using specter = await startSpecter(await asNobody('nobody'));
        const { path } = specter.folder;
        await chmod(path, 0o755);
        await knock('7000 8000');
        await opened(specter, 'ssh', 1);
        await writeFile(file, '9000\n');
        specter.signal('SIGHUP');
        await specter.waitForLog(/reopened/);
        await knock('9000');
        expect((await opened(specter, 'ssh', 2))[1]).toBe(`${client4} ssh 1 9000`);
        await writeFile(file, '#000\n9001\n');
        const other = door('ssh', path, `knockfile ${file}`, 'knockstrict');
        await specter.folder.write('specter.conf', config(path, other));
        specter.signal('SIGUSR1');
        await specter.waitForLog(/config reloaded/);
        await knock('9001');
        expect((await opened(specter, 'ssh', 3))[2]).toBe(`${client4} ssh 1 9001`);
        expect(await content()).toBe('#000\n#001\n');
        expect((await specter.stop()).code).toBe(0);
      });

      test('is not given what that user may not have', async () => {
        await using specter = await launchSpecter(await asNobody('root'));
        const { code, stderr } = await specter.process.exit;
        expect(code).toBe(1);
        expect(stderr).toContain(
          `block knock: KNOCK ssh: EACCES: user nobody may not read and write '${file}'`,
        );
      });
    });

    test('leaves a file alone that another specter uses', async () => {
      await using first = await start(`knockfile ${file}`);
      await using namespace = await Namespace.create();
      await using second = await launchSpecter({
        namespace,
        config: (folder) => config(folder, door('ssh', folder, `knockfile ${file}`)),
      });
      const { code, stderr } = await second.process.exit;
      expect(code).toBe(1);
      expect(stderr).toContain(
        `${file}: another process has locked it; each specter needs a file of its own`,
      );
      expect((await first.stop()).code).toBe(0);
    });
  });
});

/** A SYN to the first port, from a source of its own. */
function firstStep(index: number): Uint8Array {
  const source = [10, index >> 16, (index >> 8) & 0xff, index & 0xff].join('.');
  const segment = tcp({ sourcePort: randomInt(1, 65536), destinationPort: 7000, flags: ['syn'] });
  return ethernet({}, ipv4({ source, destination: server4 }, segment));
}

/** Source, knock.name, knock.stage and port of the packets that opened a door, once there are `count`. */
async function opened(specter: Daemon, name: string, count: number): Promise<string[]> {
  const boundary = '===>PACKET BOUNDARY';
  for (let wanted = count; ; wanted++) {
    const lines = await specter.waitForLines(`${name}.keys`, wanted);
    const packets = lines.filter((line) => line === boundary).length;
    if (packets < count) continue;
    return oprintRecords(lines).map((record) =>
      [
        record['knock.source'],
        record['knock.name'],
        record['knock.stage'],
        record['tcp.dport'] ?? record['udp.dport'],
      ].join(' '),
    );
  }
}

/** What specter's log last told of a door. */
const counts = ({ stderr }: Daemon, name = 'ssh') =>
  lastStatistics(stderr).knock?.stages[`KNOCK ${name}`];
