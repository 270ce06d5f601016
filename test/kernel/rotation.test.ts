import { execFile } from 'node:child_process';
import { rename } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { type Daemon, startSpecter } from '../support/daemon.ts';
import { Namespace } from '../support/namespace.ts';
import {
  numberedPort,
  numberingRules,
  numbersOf,
  range,
  sendNumbered,
} from '../support/numbered-packets.ts';
import { requireKernel, runsAsRoot, searchPath, title } from '../support/requirements.ts';
import { lastStatistics, lossless } from '../support/statistics.ts';

const missing = requireKernel();

const config =
  (sync: string) =>
  (folder: string): string =>
    `global {
  rmem 32M
}
5 {
  plugin BASE
  plugin LOGEMU
  logemufile ${folder}/packets.log
  ${sync}
}
`;

interface Rotations {
  readonly rotations: number;
  readonly packets: number;
}

/**
 * Sends packets, at least 60 000, and meanwhile calls `rotate` each time the file has a line again,
 * at least `minimum` times.
 */
async function rotateUnderLoad(
  specter: Daemon,
  namespace: Namespace,
  minimum: number,
  rotate: (count: number) => Promise<void>,
): Promise<Rotations> {
  let packets = 0;
  let rotations = 0;
  let sending = true;
  const send = async () => {
    do {
      packets += (await sendNumbered(namespace, 60_000, { rate: 30_000 })).packets;
    } while (rotations < minimum);
  };
  const sent = send().finally(() => {
    sending = false;
  });
  while (sending) {
    // The last packets may be in a file already while their sender still exits.
    const line = specter.waitForLines('packets.log', 1, 5_000).catch(() => undefined);
    await Promise.race([line, sent]);
    rotations += 1;
    await rotate(rotations);
    await specter.waitForLog(new RegExp(`(files reopened[^]*){${rotations}}`));
  }
  await sent;
  return { rotations, packets };
}

/** Ends specter and expects each packet once, in order, in `files` one after the other. */
async function expectAll(
  specter: Daemon,
  packets: number,
  files: readonly string[],
): Promise<void> {
  const { code, stderr } = await specter.stop();
  expect(code).toBe(0);
  expect(lastStatistics(stderr)).toEqual({ 5: lossless(packets) });
  const numbers: number[] = [];
  for (const file of files) numbers.push(...numbersOf(await specter.lines(file)));
  expect(numbers).toEqual(range(0, packets));
}

describe.skipIf(missing)(title('log rotation under load', missing), () => {
  test.each(['logemusync', ''])('by mv and SIGHUP loses no line (%s)', async (sync) => {
    await using namespace = await Namespace.create();
    await namespace.nft(numberingRules({ [numberedPort]: 'log group 5' }));
    await using specter = await startSpecter({ namespace, config: config(sync) });
    const { folder } = specter;
    const { rotations, packets } = await rotateUnderLoad(specter, namespace, 20, async (count) => {
      await rename(folder.join('packets.log'), folder.join(`packets.${count}`));
      specter.signal('SIGHUP');
    });
    const rotated = range(1, rotations + 1).map((count) => `packets.${count}`);
    await expectAll(specter, packets, [...rotated, 'packets.log']);
  });

  const noLogrotate =
    requireKernel('logrotate') ?? (runsAsRoot ? undefined : 'logrotate wants to be root');

  test.skipIf(noLogrotate)(title('by logrotate loses no line', noLogrotate), async () => {
    await using namespace = await Namespace.create();
    await namespace.nft(numberingRules({ [numberedPort]: 'log group 5' }));
    await using specter = await startSpecter({ namespace, config: config('logemusync') });
    const { folder, pid } = specter;
    const conf = await folder.write(
      'logrotate.conf',
      `${folder.join('packets.log')} {
  rotate 100
  nocompress
  nocreate
  postrotate
    kill -HUP ${pid}
  endscript
}
`,
    );
    const { rotations, packets } = await rotateUnderLoad(specter, namespace, 5, async () => {
      const args = ['--force', '--state', folder.join('state'), conf];
      await promisify(execFile)('logrotate', args, { env: { PATH: searchPath.join(':') } });
    });
    const rotated = range(1, rotations + 1).map((age) => `packets.log.${age}`);
    await expectAll(specter, packets, [...rotated.toReversed(), 'packets.log']);
  });
});
