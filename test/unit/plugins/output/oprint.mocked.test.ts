import fc from 'fast-check';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { CHUNK_SIZE } from '../../../../src/plugins/output/chunk-pool.ts';
import { oprint } from '../../../../src/plugins/output/oprint.ts';
import { Batch } from '../../../../src/records/batch.ts';
import { ColumnSet } from '../../../../src/records/column-set.ts';
import { key } from '../../../../src/records/key.ts';
import { ipv4, udp } from '../../../support/packets.ts';
import { FakeLinks, fakeContext, fakeHost } from '../fake-context.ts';
import { attribute, PacketPath } from '../packet-path.ts';
import { disk } from './fake-disk.ts';

vi.mock('node:fs', async (importOriginal) => {
  const { disk } = await import('./fake-disk.ts');
  return { ...(await importOriginal<object>()), write: disk.write, close: disk.close };
});

beforeEach(() => disk.reset());

function open(columns: ColumnSet, dumpkeys?: readonly string[]) {
  const host = fakeHost({ openAppend: disk.open });
  const options = { dumpfile: '/dump', dumpsync: true, dumpkeys };
  return oprint.open(fakeContext(columns, options, { host }));
}

describe('OPRINT', () => {
  test('writes every key that a packet has, in the order in which they are filled', async () => {
    const path = new PacketPath('all', { links: new FakeLinks({ 2: 'eth0' }) });
    const output = open(path.batch.columns);
    const header = { source: '192.0.2.1', destination: '198.51.100.2', id: 7 };
    const packet = {
      prefix: 'two\nlines',
      indev: 2,
      seq: 4_294_967_295,
      timestamp: { sec: 1_700_000_000n, usec: 42n },
      payload: ipv4(header, udp({ sourcePort: 1024, destinationPort: 53 }, 'abc')),
      attributes: [
        attribute.hardwareType(1),
        attribute.hardwareHeader(Buffer.from('0200000000020200000000010800', 'hex')),
      ],
    };
    output.write(path.take(packet, { headless: true, family: 7 }));
    await output.close();
    expect(disk.files).toEqual([
      `===>PACKET BOUNDARY
raw.mac=02:00:00:00:00:02:02:00:00:00:00:01:08:00
raw.mac_len=14
raw.type=1
raw.pkt=4500001f0007000040118e90c0000201c633640204000035000b4b09616263
raw.pktlen=31
raw.pktcount=1
raw.label=0
oob.prefix=two\\x0alines
oob.time.sec=1700000000
oob.time.usec=42
oob.mark=0
oob.ifindex_in=2
oob.hook=1
oob.family=2
oob.protocol=2048
oob.seq.local=4294967295
ip.saddr=192.0.2.1
ip.daddr=198.51.100.2
ip.protocol=17
ip.tos=0
ip.ttl=64
ip.totlen=31
ip.ihl=5
ip.csum=36496
ip.id=7
ip.fragoff=0
udp.sport=1024
udp.dport=53
udp.len=11
udp.csum=19209
oob.in=eth0
mac.saddr.str=02:00:00:00:00:01
mac.daddr.str=02:00:00:00:00:02
===>PACKET BOUNDARY
raw.pktlen=0
raw.pktcount=1
raw.label=0
oob.time.sec=0
oob.time.usec=0
oob.mark=0
oob.family=7
`,
    ]);
    expect(output.counters).toEqual({ written: 2, dropped: 0, errors: 0 });
  });
});

test('OPRINT writes the keys that dumpkeys names, in its order', async () => {
  const dumpkeys = ['udp.dport', 'oob.prefix', 'tcp.dport'];
  const path = new PacketPath(dumpkeys);
  const output = open(path.batch.columns, dumpkeys);
  const payload = ipv4(
    { source: '192.0.2.1', destination: '192.0.2.2' },
    udp({ sourcePort: 1, destinationPort: 53 }),
  );
  output.write(path.take({ prefix: 'a', payload }, { headless: true, family: 7 }));
  await output.close();
  expect(disk.files).toEqual([
    '===>PACKET BOUNDARY\nudp.dport=53\noob.prefix=a\n===>PACKET BOUNDARY\n',
  ]);
  const options = { dumpfile: '/dump', dumpsync: true };
  expect(oprint.readsOf?.({ ...options, dumpkeys: ['a', 'b'] })).toEqual([
    { key: 'a', option: 'dumpkeys', item: 0 },
    { key: 'b', option: 'dumpkeys', item: 1 },
  ]);
  expect(oprint.readsOf?.({ ...options, dumpkeys: undefined })).toEqual([]);
});

const keys = {
  flag: key('a.flag', 'bool', ''),
  number: key('a.number', 'u32', ''),
  wide: key('a.wide', 'u64', ''),
  address: key('a.address', 'ip', ''),
  mac: key('a.mac', 'mac', ''),
  text: key('a.text', 'string', ''),
  raw: key('a.raw', 'bytes', ''),
};

/** A batch of one row with the given bytes as text and the widest values of everything else. */
function widestRow(text: Uint8Array): Batch {
  const columns = new ColumnSet(1, Object.values(keys));
  const batch = new Batch(columns);
  const received = Buffer.concat([Buffer.alloc(16, 0xff), text]);
  batch.begin(received);
  batch.count = 1;
  columns.numbers(keys.flag).set(0, 1);
  columns.numbers(keys.number).set(0, 0xffff_ffff);
  columns.wide(keys.wide).set(0, 0xffff_ffff, 0xffff_ffff);
  columns.bytes(keys.address).set(0, 0, 16);
  columns.bytes(keys.mac).set(0, 0, 16);
  columns.bytes(keys.text).set(0, 16, text.length);
  columns.bytes(keys.raw).set(0, 16, text.length);
  batch.selectAll();
  return batch;
}

const group = 'ffff';
const widestText = (text: string, raw: string): string => `===>PACKET BOUNDARY
a.flag=1
a.number=4294967295
a.wide=18446744073709551615
a.address=${Array(8).fill(group).join(':')}
a.mac=${Array(16).fill('ff').join(':')}
a.text=${text}
a.raw=${raw}
`;

describe('OPRINT has room', () => {
  test('for the widest values, wherever in a chunk a row comes to stand', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 40_000 }), async (length) => {
        disk.reset();
        const batch = widestRow(Buffer.alloc(length, 0x1b));
        const output = open(batch.columns);
        const row = widestText('\\x1b'.repeat(length), '1b'.repeat(length));
        // Two chunks full: the last row of the first has the least room.
        const rows = Math.ceil((2 * CHUNK_SIZE) / row.length);
        disk.hold();
        for (let i = 0; i < rows; i++) output.write(batch);
        disk.release();
        await output.close();
        expect(output.counters).toEqual({ written: rows, dropped: 0, errors: 0 });
        expect(disk.files[0] === row.repeat(rows)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  test('for no row larger than a chunk, which it drops and counts', async () => {
    const batch = widestRow(Buffer.alloc(CHUNK_SIZE / 6 + 1, 0x1b));
    const output = open(batch.columns);
    output.write(batch);
    await output.close();
    expect(output.counters).toEqual({ written: 0, dropped: 1, errors: 0 });
    expect(disk.files).toEqual(['']);
  });
});
