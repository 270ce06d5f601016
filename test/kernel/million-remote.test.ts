import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { describe, expect, test } from 'vitest';
import { startSpecter } from '../support/daemon.ts';
import { startLineReceiver } from '../support/line-receiver.ts';
import { Namespace } from '../support/namespace.ts';
import { numberedPort, numberingRules, sendNumbered } from '../support/numbered-packets.ts';
import { requireKernel, title } from '../support/requirements.ts';
import { ScratchFolder } from '../support/scratch-folder.ts';
import { lastStatistics } from '../support/statistics.ts';
import { until } from '../support/until.ts';

const missing = requireKernel();

const PACKETS = 1_000_000;
/** Packets a second: specter, the receiver and the generator share two cores. */
const RATE = 30_000;
const PORT = 12_345;

const config = `global {
  rmem 16M
}
5 {
  snaplen 64
  plugin BASE
  plugin JSON
  jsonmode tcp
  jsonport ${PORT}
  jsonkeys oob.mark ip.saddr udp.dport
}
`;

/** How many lines the file has, and how many of them are numbered 0, 1, 2 … up to the first that is not. */
async function numberedIn(file: string): Promise<{ lines: number; inOrder: number }> {
  let lines = 0;
  let inOrder = 0;
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (inOrder === lines && JSON.parse(line)['oob.mark'] === lines) inOrder++;
    lines++;
  }
  return { lines, inOrder };
}

describe.skipIf(missing)(title('a million packets over TCP', missing), () => {
  test('are a million records at the receiver, once and in order', async () => {
    await using scratch = await ScratchFolder.create();
    await using namespace = await Namespace.create();
    await namespace.nft(numberingRules({ [numberedPort]: 'log group 5 queue-threshold 64' }));
    const file = scratch.join('received');
    await using receiver = await startLineReceiver(namespace, PORT, file);
    await using specter = await startSpecter({ namespace, config });
    await sendNumbered(namespace, PACKETS, { rate: RATE });
    const { code, stderr } = await specter.stop();
    expect(code).toBe(0);
    expect(lastStatistics(stderr)[5]).toMatchObject({
      ...{ received: PACKETS, decoded: PACKETS, lost: 0, malformed: 0 },
      stages: {
        JSON: {
          ...{ written: PACKETS, dropped: 0, errors: 0 },
          ...{ queued: 0, unconfirmed: 0, resent: 0, connects: 1 },
        },
      },
    });
    const all = { lines: PACKETS, inOrder: PACKETS };
    // What the receiver has confirmed it may still have to write to its file.
    const complete = async () => (await numberedIn(file)).lines >= PACKETS;
    await until(complete, `${PACKETS} records at the receiver`, 30_000);
    await receiver.stop();
    expect(await numberedIn(file)).toEqual(all);
  }, 120_000);
});
