import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { launchSpecter, startSpecter } from '../support/daemon.ts';
import { HostPair, sourceMac } from '../support/host-pair.ts';
import { Namespace } from '../support/namespace.ts';
import {
  numbered,
  numberedPort,
  numberingRules,
  range,
  sendNumbered,
} from '../support/numbered-packets.ts';
import { ethernet, ipv4, udp } from '../support/packets.ts';
import { PATIENCE } from '../support/patience.ts';
import { requireKernel, runsAsRoot, title } from '../support/requirements.ts';
import { ScratchFolder } from '../support/scratch-folder.ts';
import { lastStatistics, lossless } from '../support/statistics.ts';
import { startUlogd } from '../support/ulogd.ts';

const missing = requireKernel('xmllint');

const run = promisify(execFile);

const fileName = /^specter-pkt-\d{8}-\d{6}(-\d+)?\.xml$/;

/** The documents in a folder, each found well-formed. */
async function documents(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => fileName.test(name));
  const paths = names.map((name) => join(folder, name));
  await run('xmllint', ['--noout', ...paths]);
  return await Promise.all(paths.map((path) => readFile(path, 'utf8')));
}

const config = (folder: string, others = '') => `global {
  rmem 32M
}
5 {
  qthreshold 1
  plugin BASE
  plugin XML
  xmldirectory ${folder}
  ${others}
}
`;

const packet = ethernet(
  {},
  ipv4(
    { source: '192.0.2.1', destination: '192.0.2.2' },
    udp({ sourcePort: 1, destinationPort: 2 }, 'abc'),
  ),
);

/** nft's `ether saddr …` in JSON. */
const fromSource = {
  match: {
    op: '==',
    left: { payload: { protocol: 'ether', field: 'saddr' } },
    right: sourceMac,
  },
};

/** Waits until a condition about files holds: their folder is not known to the daemon's helpers. */
async function eventually(holds: () => Promise<boolean>): Promise<void> {
  await expect.poll(holds, { timeout: PATIENCE, interval: 20 }).toBe(true);
}

describe.skipIf(missing)(title('XML', missing), () => {
  test('loses no packet and no well-formedness by SIGHUP under load', async () => {
    await using namespace = await Namespace.create();
    await namespace.nft(numberingRules({ [numberedPort]: 'log group 5' }));
    await using specter = await startSpecter({
      namespace,
      config: (folder) => config(folder, 'xmlkeys oob.mark'),
    });
    const packets = 40_000;
    const sent = sendNumbered(namespace, packets, { rate: 20_000 });
    for (const rotations of range(1, 6)) {
      await eventually(async () => (await numbered(namespace)) >= 5000 * rotations);
      specter.signal('SIGHUP');
      await specter.waitForLog(new RegExp(`(files reopened[^]*){${rotations}}`));
    }
    await sent;
    const { code, stderr } = await specter.stop();
    expect(code).toBe(0);
    expect(lastStatistics(stderr)).toEqual({ 5: lossless(packets, 'XML') });
    const texts = await documents(specter.folder.path);
    expect(texts).toHaveLength(6);
    const numbers = texts.flatMap((text) =>
      Array.from(text.matchAll(/<oob\.mark>(\d+)</g), ([, number]) => Number(number)),
    );
    expect(numbers.toSorted((a, b) => a - b)).toEqual(range(0, packets));
  });

  test('stays well-formed with prefixes of every byte', async () => {
    await using hosts = await HostPair.create();
    const { inside } = hosts;
    const rules =
      'table inet t {\n  chain c {\n    type filter hook prerouting priority -300\n  }\n}';
    await inside.nft(rules);
    const ascii = String.fromCharCode(...range(1, 128));
    const log = { log: { group: 5, prefix: ascii } };
    const added = { family: 'inet', table: 't', chain: 'c', expr: [fromSource, log] };
    await inside.exec(
      ...(['sh', '-c', 'printf %s "$1" | nft -j -f -', 'sh'] as const),
      JSON.stringify({ nftables: [{ add: { rule: added } }] }),
    );
    // Bytes that are not UTF-8 cannot stand in a command's arguments as Node passes them.
    for (const bytes of [range(128, 192), range(192, 256)]) {
      const octal = bytes.map((byte) => `\\${byte.toString(8)}`).join('');
      const rule = `add rule inet t c ether saddr ${sourceMac} log group 5 prefix "${octal}"`;
      await inside.exec('sh', '-c', `printf '${rule}' | nft -f -`);
    }
    await using specter = await startSpecter({ namespace: inside, config });
    await hosts.send(packet);
    await eventually(async () => {
      const [name = ''] = (await readdir(specter.folder.path)).filter((each) =>
        fileName.test(each),
      );
      const text = await readFile(specter.folder.join(name), 'utf8');
      return text.split('</log>').length === 4;
    });
    expect((await specter.stop()).code).toBe(0);
    const [text = ''] = await documents(specter.folder.path);
    const prefixes = Array.from(text.matchAll(/<prefix>(.*?)<\/prefix>/g), ([, prefix]) => prefix);
    expect(prefixes).toHaveLength(3);
    expect(prefixes[0]).toContain(String.raw`\x01\x02`);
    expect(prefixes[0]).toContain('"#$%&amp;\'()*+,-./0123456789:;&lt;=&gt;?@');
    expect(prefixes[2]).toContain(String.raw`\xfe\xff`);
  });

  const noUlogd = requireKernel('ulogd');

  test.skipIf(noUlogd)(title("has ulogd2's elements, as ulogd2 has them", noUlogd), async () => {
    await using hosts = await HostPair.create();
    const log = (group: number) => `log group ${group} queue-threshold 1 prefix "p: "`;
    await hosts.inside.nft(`table inet t {
  chain c {
    type filter hook prerouting priority -300
    ether saddr ${sourceMac} meta mark set 5 ${log(5)} ${log(6)}
  }
}
`);
    await using theirs = await ScratchFolder.create();
    const namespace = hosts.inside;
    await using ulogd = await startUlogd({
      namespace,
      group: 6,
      stack: { plugins: ['output_XML'], options: { sync: 1, directory: theirs.path } },
    });
    await using specter = await startSpecter({
      namespace,
      config: (folder) => config(folder, 'xmlsync\n  xmlkeys none'),
    });
    await hosts.send(packet);
    const logged = async (folder: string) => {
      const names = (await readdir(folder)).filter((name) => name.endsWith('.xml'));
      const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
      return texts.join('');
    };
    const folders = [specter.folder.path, theirs.path];
    for (const folder of folders) {
      await eventually(async () => (await logged(folder)).includes('</log>'));
    }
    await specter.stop();
    await ulogd.stop();
    const [ours, expected] = await Promise.all(folders.map(logged));
    // Theirs is the time at which they wrote it.
    const withoutSecond = (text = '') => text.replace(/<min>.*<\/sec>/, '');
    expect(withoutSecond(ours)).toBe(withoutSecond(expected));
  });

  const notRoot = runsAsRoot ? undefined : 'becoming another user takes root';

  test.skipIf(notRoot)(title('makes files as the user that it becomes', notRoot), async () => {
    await using namespace = await Namespace.create();
    await using folder = await ScratchFolder.create();
    const text = `global {\n  user nobody\n}\n${config(join(folder.path, 'xml')).replace(/global [^}]*}\n/, '')}`;
    await mkdir(folder.join('xml'));
    await chmod(folder.join('xml'), 0o755);
    await using refused = await launchSpecter({ namespace, config: text });
    const { code, stderr } = await refused.process.exit;
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/EACCES: cannot make '.*\/xml\/specter-pkt-.*xmldirectory has to be/);
    const { stdout } = await run('id', ['-u', 'nobody']);
    await chown(folder.join('xml'), Number(stdout), Number(stdout));
    await using specter = await startSpecter({ namespace, config: text });
    specter.signal('SIGHUP');
    await specter.waitForLog(/files reopened/);
    expect((await specter.stop()).code).toBe(0);
    expect(await documents(folder.join('xml'))).toHaveLength(2);
  });
});
