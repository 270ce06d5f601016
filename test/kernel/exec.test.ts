import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startSpecter } from '../support/daemon.ts';
import { waitForLines } from '../support/file-lines.ts';
import { HostPair, sourceMac } from '../support/host-pair.ts';
import {
  ethernet,
  etherTypes,
  icmpEcho,
  icmpv6Echo,
  ipv4,
  ipv6,
  type Layer,
  sctp,
  tcp,
  udp,
} from '../support/packets.ts';
import { requireKernel, runsAsRoot, title } from '../support/requirements.ts';
import { lastStatistics } from '../support/statistics.ts';
import { Hooks, recordedArguments } from './exec-hooks.ts';

const missing = requireKernel();

const v4 = { source: '192.0.2.1', destination: '192.0.2.2', ttl: 61 };
const v6 = { source: '2001:db8::1', destination: '2001:db8::2', hopLimit: 62 };
const ports = { sourcePort: 40_000, destinationPort: 22 };
const frame4 = (layer: Layer) => ethernet({}, ipv4(v4, layer));
const frame6 = (layer: Layer) => ethernet({ type: etherTypes.ipv6 }, ipv6(v6, layer));
const echo = { id: 1, sequence: 1 };

/** Rules for the packets of these tests alone, not for those that the kernels exchange. */
const rules = (logging: string) => `table inet t {
  chain logging {
    ${logging}
  }
  chain prerouting {
    type filter hook prerouting priority -300
    ether saddr ${sourceMac} jump logging
  }
}
`;

describe.skipIf(missing)(title('a command of EXEC', missing), () => {
  let hosts: HostPair;
  let hooks: Hooks;
  beforeEach(async () => {
    hosts = await HostPair.create();
    hooks = await Hooks.create();
  });
  afterEach(async () => {
    await hosts[Symbol.asyncDispose]();
    await hooks[Symbol.asyncDispose]();
  });

  const recorded = async (count: number) =>
    (await waitForLines(hooks.join('record'), count)).map(recordedArguments);

  test('gets what its macros stand for, of every protocol', async () => {
    await hosts.inside.nft(rules('log group 5 prefix "in: "'));
    const recorder = await hooks.recorder();
    await using specter = await startSpecter({
      namespace: hosts.inside,
      config: `5 {
  plugin BASE
  plugin EXEC
  execstr ${recorder} %I %O %S,%D proto=%P %s-%d %i 100%% %{oob.prefix} %{ip.saddr}
  execforce
  execmax 1
}
`,
    });
    await hosts.send(
      frame4(tcp({ ...ports, flags: ['syn'] })),
      frame4(udp(ports)),
      frame4(icmpEcho(echo)),
      frame6(tcp({ ...ports, flags: ['syn'] })),
      frame6(icmpv6Echo(echo)),
      frame6(sctp(ports)),
    );
    const addresses4 = '192.0.2.1,192.0.2.2';
    const addresses6 = '2001:db8::1,2001:db8::2';
    const rest4 = ['100%', 'in: ', '192.0.2.1'];
    const rest6 = ['100%', 'in: ', '2001:db8::1'];
    const without = 'invalid-invalid';
    expect(await recorded(6)).toEqual([
      ['wan0', 'invalid', addresses4, 'proto=6', '40000-22', 'invalid', ...rest4],
      ['wan0', 'invalid', addresses4, 'proto=17', '40000-22', 'invalid', ...rest4],
      ['wan0', 'invalid', addresses4, 'proto=1', without, '8', ...rest4],
      ['wan0', 'invalid', addresses6, 'proto=6', '40000-22', 'invalid', ...rest6],
      ['wan0', 'invalid', addresses6, 'proto=58', without, '128', ...rest6],
      ['wan0', 'invalid', addresses6, 'proto=132', '40000-22', 'invalid', ...rest6],
    ]);
    const { code, stderr } = await specter.stop();
    expect(code).toBe(0);
    expect(lastStatistics(stderr)[5]?.stages.EXEC).toMatchObject({
      written: 6,
      dropped: 0,
      errors: 0,
    });
  });

  test('is not run for a packet that lacks a value', async () => {
    await hosts.inside.nft(rules('log group 5'));
    const recorder = await hooks.recorder();
    await using specter = await startSpecter({
      namespace: hosts.inside,
      config: `5 {
  plugin BASE
  plugin EXEC
  execstr "${recorder} %S type %i"
}
`,
    });
    await hosts.send(frame4(tcp(ports)), frame4(icmpEcho(echo)), frame4(udp(ports)));
    expect(await recorded(1)).toEqual([['192.0.2.1', 'type', '8']]);
    const { stderr } = await specter.stop();
    expect(stderr).toContain('EXEC: records skipped: they lack a value that the command names: ');
    expect(lastStatistics(stderr)[5]?.stages.EXEC).toMatchObject({
      written: 1,
      dropped: 2,
      errors: 0,
    });
  });

  test('gets every byte of a hostile prefix, in one argument', async () => {
    const texts = [
      '$(touch /tmp/x); `id` | "\'\\ \n\t* ~ %S %{ip.saddr}',
      '--flush',
      'ä € \u{1f600}',
    ];
    await hosts.inside.nft(rules(''));
    for (const prefix of texts) {
      // nft's own syntax has no way to write a quotation mark.
      const expr = [{ log: { group: 5, prefix } }];
      const rule = { family: 'inet', table: 't', chain: 'logging', expr };
      await hosts.inside.exec(
        ...(['sh', '-c', 'printf %s "$1" | nft -j -f -', 'sh'] as const),
        JSON.stringify({ nftables: [{ add: { rule } }] }),
      );
    }
    // Bytes that are not UTF-8 cannot stand in a command's arguments as Node passes them.
    const stray = String.raw`\377\355\240\200\300\256(id)`;
    const rule = `add rule inet t logging log group 5 prefix "${stray}"`;
    await hosts.inside.exec('sh', '-c', `printf '${rule}' | nft -f -`);
    const expectedPrefixes = [
      ...texts.map((text) => Buffer.from(text).toString('latin1')),
      '\xff\xed\xa0\x80\xc0\xae(id)',
    ];
    const recorder = await hooks.recorder();
    await using specter = await startSpecter({
      namespace: hosts.inside,
      config: `5 {
  plugin BASE
  plugin EXEC
  execstr ${recorder} before -- %{oob.prefix} "<%{oob.prefix}>" after
  execmax 1
}
`,
    });
    await hosts.send(frame4(udp(ports)));
    expect(await recorded(4)).toEqual(
      expectedPrefixes.map((text) => ['before', '--', text, `<${text}>`, 'after']),
    );
    expect((await specter.stop()).code).toBe(0);
  });

  test('is refused a value that would look like an option', async () => {
    await hosts.inside.nft(rules('log group 5 prefix "--flush"\nlog group 5 prefix "flush"'));
    const recorder = await hooks.recorder();
    await using specter = await startSpecter({
      namespace: hosts.inside,
      config: `5 {
  plugin BASE
  plugin EXEC
  execstr ${recorder} %{oob.prefix}
}
`,
    });
    await hosts.send(frame4(udp(ports)));
    expect(await recorded(1)).toEqual([['flush']]);
    const { stderr } = await specter.stop();
    expect(stderr).toContain('a value would begin an argument with "-"; put -- before it: 1');
    expect(lastStatistics(stderr)[5]?.stages.EXEC).toMatchObject({
      written: 1,
      dropped: 1,
      errors: 0,
    });
  });

  test('gets the bytes of an interface with an odd name', async () => {
    await hosts.inside.nft(rules('log group 5'));
    const odd = '\\377"\\047\\033$(id)';
    const script = `ip link set wan0 down; ip link set wan0 name "$(printf '${odd}')"; ip link set "$(printf '${odd}')" up`;
    await hosts.inside.exec('sh', '-ec', script);
    const recorder = await hooks.recorder();
    await using specter = await startSpecter({
      namespace: hosts.inside,
      config: `5 {
  plugin BASE
  plugin EXEC
  execstr ${recorder} %I
}
`,
    });
    await hosts.send(frame4(udp(ports)));
    expect(await recorded(1)).toEqual([['\xff"\'\x1b$(id)']]);
    expect((await specter.stop()).code).toBe(0);
  });

  test.each([
    ['UTF-8', 'plain', 'plain'],
    ['other bytes', '\\377', '\xff'],
  ])('has a clean process of its own, with values of %s', async (_name, octal, prefix) => {
    await hosts.inside.nft(rules(''));
    const rule = `add rule inet t logging log group 5 prefix "${octal}"`;
    await hosts.inside.exec('sh', '-c', `printf '${rule}' | nft -f -`);
    const hook = await hooks.script(
      'inspect',
      `exec > ${hooks.join('tmp')}
tr '\\0' '\\n' < /proc/$$/environ | LC_ALL=C sort
readlink /proc/$$/cwd /proc/$$/fd/0
ls /proc/self/fd
umask
grep -E '^Sig(Blk|Ign)' /proc/self/status
cut -d ' ' -f 1,5,6 /proc/$$/stat | awk '{ print ($1 == $2 && $2 == $3) ? "leader" : "no leader" }'
read line && echo input || echo no input
mv ${hooks.join('tmp')} ${hooks.join('seen')}`,
    );
    await using specter = await startSpecter({
      namespace: hosts.inside,
      config: `web {
  group 5
  plugin BASE
  plugin EXEC
  execstr ${hook} %{oob.prefix}
}
`,
    });
    await hosts.send(frame4(udp(ports)));
    const [line = ''] = await specter.waitForLog(/.*inspect.*: exit code .*/);
    expect(line).toMatch(/info block web EXEC: .* exit code 0 after \d+ ms$/);
    const seen = await hosts.inside.exec('sh', '-c', `od -An -v -tx1 ${hooks.join('seen')}`);
    const none = '0000000000000000';
    expect(Buffer.from(seen.replaceAll(/\s/g, ''), 'hex').toString('latin1').split('\n')).toEqual([
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      'SPECTER_BLOCK=web',
      'SPECTER_GROUP=5',
      'SPECTER_IP_DADDR=192.0.2.2',
      'SPECTER_IP_PROTOCOL=17',
      'SPECTER_IP_SADDR=192.0.2.1',
      'SPECTER_OOB_IN=wan0',
      `SPECTER_OOB_PREFIX=${prefix}`,
      'SPECTER_UDP_DPORT=22',
      'SPECTER_UDP_SPORT=40000',
      '/',
      '/dev/null',
      // 3 is the folder that ls reads.
      ...['0', '1', '2', '3'],
      '0022',
      `SigBlk:\t${none}`,
      `SigIgn:\t${none}`,
      'leader',
      'no input',
      '',
    ]);
    expect((await specter.stop()).code).toBe(0);
  });

  test.skipIf(!runsAsRoot)('may change the firewall as nobody, with net_admin kept', async () => {
    await hosts.inside.nft(
      `${rules('log group 5')}table inet filter {\n  set banned {\n    type ipv4_addr\n  }\n}\n`,
    );
    await using specter = await startSpecter({
      namespace: hosts.inside,
      args: ['-u', 'nobody'],
      config: `global {
  keepcaps net_admin
}
5 {
  plugin BASE
  plugin EXEC
  execstr /usr/sbin/nft add element inet filter banned { %S }
}
`,
    });
    await hosts.send(frame4(udp(ports)));
    await specter.waitForLog(/banned \{ 192\.0\.2\.1 \}: exit code 0 after/);
    expect(await hosts.inside.exec('nft', 'list', 'set', 'inet', 'filter', 'banned')).toContain(
      'elements = { 192.0.2.1 }',
    );
    expect((await specter.stop()).code).toBe(0);
  });

  test.skipIf(!runsAsRoot)('runs as the user of execuser, without groups', async () => {
    await hosts.inside.nft(rules('log group 5'));
    await using specter = await startSpecter({
      namespace: hosts.inside,
      config: `5 {
  plugin BASE
  plugin EXEC
  execstr /bin/sh -c 'id -u; id -G; grep CapEff /proc/self/status > /dev/stderr' %S
  execuser nobody
}
`,
    });
    await hosts.send(frame4(udp(ports)));
    const [uid, gid] = await Promise.all(
      ['-u', '-g'].map(async (what) => (await hosts.inside.exec('id', what, 'nobody')).trim()),
    );
    const [line = ''] = await specter.waitForLog(/.*exit code .*/);
    expect(line).toContain(String.raw`ms; output: ${uid}\n${gid}\nCapEff:\x090000000000000000`);
    expect((await specter.stop()).code).toBe(0);
  });
});
