import { cpSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { specterBinary } from '../support/daemon.ts';
import { Namespace } from '../support/namespace.ts';
import { requireKernel, runsAsRoot, searchPath, title } from '../support/requirements.ts';
import { ScratchFolder } from '../support/scratch-folder.ts';

const missing = requireKernel() ?? (runsAsRoot ? undefined : 'run as root: try.sh unshares');

describe.skipIf(missing)(title('contrib/plugin-template', missing), () => {
  test('try.sh shows both plugins at work', async () => {
    await using folder = await ScratchFolder.create();
    const template = new URL('../../contrib/plugin-template/', import.meta.url);
    cpSync(template, folder.path, { recursive: true });
    await using namespace = await Namespace.create();
    const env = { PATH: [dirname(specterBinary), ...searchPath].join(':') };
    await using script = namespace.spawn(folder.join('try.sh'), [], { env });
    const { code, stdout, stderr } = await script.exit;
    const line = (port: number) => `tcp.dport=${port},ip.saddr=127.0.0.1,ip.saddr.private=0\n`;
    expect(stdout).toBe(line(80) + line(22) + line(80));
    // The interval may have ended between two packets.
    const tallied = [...stderr.matchAll(/ notice block 5 TALLY: (.*)$/gm)].map(
      ([, ports]) => ports,
    );
    const packets = tallied
      .join(', ')
      .split(', ')
      .map((part) => /^port (\d+): (\d+)$/.exec(part)?.slice(1).map(Number) ?? []);
    const sum = (port: number) =>
      packets.filter(([of]) => of === port).reduce((total, [, count = 0]) => total + count, 0);
    expect([sum(22), sum(80)]).toEqual([1, 2]);
    expect(stderr).toContain('block 5 TALLY: written 3, dropped 0, errors 0\n');
    expect(code).toBe(0);
  });
});
