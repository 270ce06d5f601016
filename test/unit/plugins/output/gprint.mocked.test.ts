import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { gprint } from '../../../../src/plugins/output/gprint.ts';
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

const savedZone = process.env.TZ;

beforeEach(() => {
  process.env.TZ = 'Europe/Berlin';
  disk.reset();
});
afterEach(() => {
  process.env.TZ = savedZone;
});

const defaults = {
  gprintfile: '/gprint',
  gprintsync: true,
  gprinttimestamp: false,
  gprintkeys: undefined,
};

function open(columns: ColumnSet, options: Partial<Parameters<typeof gprint.open>[0]['options']>) {
  const host = fakeHost({ openAppend: disk.open });
  return gprint.open(fakeContext(columns, { ...defaults, ...options }, { host }));
}

/** The file's text after `packets` went through an output of these options. */
async function written(
  path: PacketPath,
  packets: Parameters<PacketPath['take']>,
  options: Parameters<typeof open>[1] = {},
): Promise<string | undefined> {
  const output = open(path.batch.columns, options);
  output.write(path.take(...packets));
  await output.close();
  expect(output.counters).toEqual({ written: packets.length, dropped: 0, errors: 0 });
  return disk.files[0];
}

const payload = ipv4(
  { source: '192.0.2.1', destination: '198.51.100.2', id: 7 },
  udp({ sourcePort: 1024, destinationPort: 53 }, 'abc'),
);
// 2023-11-14 22:13:20 UTC
const timestamp = { sec: 1_700_000_000n, usec: 42n };

test('GPRINT writes all keys but raw bytes in one line', async () => {
  const path = new PacketPath('all', { links: new FakeLinks({ 2: 'eth0' }) });
  const packet = {
    prefix: 'in: ',
    indev: 2,
    seq: 9,
    timestamp,
    payload,
    attributes: [
      attribute.hardwareType(1),
      attribute.hardwareHeader(Buffer.from('0200000000020200000000010800', 'hex')),
    ],
  };
  expect(await written(path, [packet, { headless: true, family: 7, timestamp }])).toBe(
    'raw.mac=02:00:00:00:00:02:02:00:00:00:00:01:08:00,raw.mac_len=14,raw.type=1,' +
      'raw.pktlen=31,raw.pktcount=1,raw.label=0,oob.prefix=in: ,oob.time.sec=1700000000,oob.time.usec=42,' +
      'oob.mark=0,oob.ifindex_in=2,oob.hook=1,oob.family=2,oob.protocol=2048,oob.seq.local=9,' +
      'ip.saddr=192.0.2.1,ip.daddr=198.51.100.2,ip.protocol=17,ip.tos=0,ip.ttl=64,ip.totlen=31,' +
      'ip.ihl=5,ip.csum=36496,ip.id=7,ip.fragoff=0,udp.sport=1024,udp.dport=53,udp.len=11,' +
      'udp.csum=19209,oob.in=eth0,' +
      'mac.saddr.str=02:00:00:00:00:01,mac.daddr.str=02:00:00:00:00:02\n' +
      'raw.pktlen=0,raw.pktcount=1,raw.label=0,oob.time.sec=1700000000,oob.time.usec=42,oob.mark=0,oob.family=7\n',
  );
});

test('GPRINT begins lines with the local time of the packet', async () => {
  const path = new PacketPath(['oob.time.sec', 'udp.dport']);
  const options = { gprinttimestamp: true, gprintkeys: ['udp.dport'] };
  const packets = [
    { payload, timestamp },
    { headless: true, family: 7, timestamp },
  ] as const;
  expect(await written(path, [...packets], options)).toBe(
    'timestamp=2023/11/14-23:13:20,udp.dport=53\ntimestamp=2023/11/14-23:13:20\n',
  );
});

test('GPRINT writes named keys in their order, raw bytes as well', async () => {
  const path = new PacketPath(['raw.pkt', 'udp.sport']);
  const gprintkeys = ['udp.sport', 'raw.pkt'];
  expect(await written(path, [{ payload }], { gprintkeys })).toBe(
    'udp.sport=1024,raw.pkt=4500001f0007000040118e90c0000201c633640204000035000b4b09616263\n',
  );
});

test('GPRINT escapes what would end a field or a line', async () => {
  const path = new PacketPath(['oob.prefix']);
  const gprintkeys = ['oob.prefix'];
  expect(await written(path, [{ prefix: 'a=b, c\\x2c\nip.saddr=' }], { gprintkeys })).toBe(
    'oob.prefix=a=b\\x2c c\\x5cx2c\\x0aip.saddr=\n',
  );
});

test('GPRINT has room for text of which every byte is escaped', async () => {
  const text = key('a.text', 'string', '');
  const columns = new ColumnSet(1, [text]);
  const batch = new Batch(columns);
  const commas = Buffer.alloc(10_000, ',');
  batch.begin(commas);
  batch.count = 1;
  columns.bytes(text).set(0, 0, commas.length);
  batch.selectAll();
  const output = open(columns, {});
  for (let i = 0; i < 20; i++) output.write(batch);
  await output.close();
  const line = `a.text=${'\\x2c'.repeat(commas.length)}\n`;
  expect(disk.files[0] === line.repeat(20)).toBe(true);
});

test('GPRINT reads the time for time stamps only beside named keys', () => {
  const readsOf = (options: Partial<Parameters<typeof gprint.open>[0]['options']>) =>
    gprint.readsOf?.({ ...defaults, ...options }).map(({ key, option }) => [key, option]);
  expect(readsOf({ gprinttimestamp: true })).toEqual([]);
  expect(readsOf({ gprintkeys: ['ip.id'] })).toEqual([['ip.id', 'gprintkeys']]);
  expect(readsOf({ gprintkeys: ['ip.id'], gprinttimestamp: true })).toEqual([
    ['ip.id', 'gprintkeys'],
    ['oob.time.sec', 'gprinttimestamp'],
  ]);
});
