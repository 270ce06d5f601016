import { describe, expect, test } from 'vitest';
import { NflogGroup, ReceiveLoop, ReceiveRing } from '../../../src/netlink/index.ts';
import { Namespace } from '../../support/namespace.ts';
import { title } from '../../support/requirements.ts';
import { Inside, requireEntry } from './inside.ts';
import { receiveAll, sendUdp, upTo } from './received-packets.ts';

const missing = requireEntry();

const rules = `table inet test {
  chain output {
    type filter hook output priority 0
    udp dport 9 log group 5
    udp dport 10 log group 6
  }
}
`;

const onError = (error: unknown): never => {
  throw error;
};

describe.skipIf(missing)(title('ReceiveLoop with NFLOG groups', missing), () => {
  test('serves two groups through one ring, each packet once and in order', async () => {
    await using namespace = await Namespace.create();
    await namespace.nft(rules);
    using _ = new Inside(namespace);
    const ring = new ReceiveRing({ slotSize: 1 << 17 });
    const loop = new ReceiveLoop({ onError });
    const groups = [5, 6].map((number) =>
      NflogGroup.open(number, { qthreshold: 10, qtimeout: 10, receiveBuffer: 4 << 20 }),
    );
    const sequences: number[][] = [[], []];
    const all = new Promise<void>((resolve) => {
      for (const [index, group] of groups.entries()) {
        loop.add(group.fd, () => {
          const packets = receiveAll(group, ring);
          sequences[index]?.push(...packets.map(({ seq }) => seq));
          if (sequences.every(({ length }) => length === 1000)) resolve();
          return packets.length;
        });
      }
    });
    await Promise.all([sendUdp(9, 1000), sendUdp(10, 1000)]);
    await all;
    expect(sequences).toEqual([upTo(1000), upTo(1000)]);
    await loop.stop();
    for (const group of groups) group.close();
  });

  test('leaves a group free at once after removal and close, though a poll was waiting', async () => {
    await using namespace = await Namespace.create();
    using _ = new Inside(namespace);
    const loop = new ReceiveLoop({ onError });
    const other = NflogGroup.open(6);
    loop.add(other.fd, () => 0);
    for (let round = 0; round < 20; round++) {
      const group = NflogGroup.open(5);
      const handle = loop.add(group.fd, () => 0);
      await new Promise((resolve) => setTimeout(resolve, round));
      await handle.remove();
      group.close();
    }
    await loop.stop();
    other.close();
  });

  test('counts an overrun that came while it waited, and goes on', async () => {
    await using namespace = await Namespace.create();
    await namespace.nft(rules);
    using _ = new Inside(namespace);
    const ring = new ReceiveRing({ slotSize: 1 << 17 });
    const group = NflogGroup.open(5, { qthreshold: 1, receiveBuffer: 2304 });
    await sendUdp(9, 200);
    const loop = new ReceiveLoop({ onError });
    const sequences: number[] = [];
    let resume = (): void => undefined;
    const drained = (): Promise<void> =>
      new Promise((resolve) => {
        resume = resolve;
      });
    const first = drained();
    loop.add(group.fd, () => {
      const packets = receiveAll(group, ring);
      sequences.push(...packets.map(({ seq }) => seq));
      if (packets.length > 0) resume();
      return packets.length;
    });
    await first;
    expect(group.counters.overruns).toBe(1);
    const second = drained();
    await sendUdp(9, 1);
    await second;
    expect(sequences.at(-1)).toBe(200);
    await loop.stop();
    group.close();
  });
});
