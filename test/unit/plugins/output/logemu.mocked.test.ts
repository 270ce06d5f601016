import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { logemu } from '../../../../src/plugins/output/logemu.ts';
import { ipv4, udp } from '../../../support/packets.ts';
import { fakeContext, fakeHost } from '../fake-context.ts';
import { PacketPath } from '../packet-path.ts';
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

const path = new PacketPath(logemu.reads);

function open(hostname = 'gate') {
  const host = { ...fakeHost({ openAppend: disk.open }), hostname };
  const options = { logemufile: '/log', logemusync: true };
  return logemu.open(fakeContext(path.batch.columns, options, { host }));
}

const payload = ipv4(
  { source: '192.0.2.1', destination: '192.0.2.2' },
  udp({ sourcePort: 1, destinationPort: 2 }),
);
const body =
  'IN= OUT= MAC= SRC=192.0.2.1 DST=192.0.2.2 LEN=28 TOS=00 PREC=0x00 TTL=64 ID=0 PROTO=UDP SPT=1 DPT=2 LEN=8 MARK=0x0 ';
const at = (sec: number) => ({ sec: BigInt(sec), usec: 999_999n });

test('LOGEMU stamps lines with the local time of the packet and the name of the host', async () => {
  const output = open();
  // 2023-11-02 01:02:03 and 2024-07-14 22:13:20 UTC
  const [winter, summer] = [1_698_886_923, 1_720_995_200];
  output.write(path.take({ timestamp: at(winter), payload }, { timestamp: at(summer), payload }));
  output.write(path.take({ timestamp: at(winter), payload }));
  await output.close();
  const first = `Nov  2 02:02:03 gate ${body}\n`;
  expect(disk.files).toEqual([`${first}Jul 15 00:13:20 gate ${body}\n${first}`]);
  expect(output.counters).toEqual({ written: 3, dropped: 0, errors: 0 });
});

test('LOGEMU writes the selected rows, in their order', async () => {
  const output = open();
  const batch = path.take({ prefix: 'zero' }, { prefix: 'one' }, { prefix: 'two' });
  batch.rows.set([2, 0]);
  batch.selected = 2;
  output.write(batch);
  await output.close();
  const lines = (disk.files[0] ?? '').split('\n');
  expect(lines.map((line) => / gate (\S*) IN=/.exec(line)?.[1])).toEqual([
    'two',
    'zero',
    undefined,
  ]);
});

test('LOGEMU writes a host name in UTF-8', async () => {
  const output = open('zürich');
  output.write(path.take({ timestamp: at(0) }));
  await output.close();
  const text = Buffer.from(disk.files[0] ?? '', 'latin1').toString('utf8');
  expect(text).toBe('Jan  1 01:00:00 zürich IN= OUT= MAC= TRUNCATED MARK=0x0 \n');
});

test('LOGEMU drops the rest of a batch when the file takes no more, and counts it', async () => {
  const output = open();
  disk.hold();
  const batch = path.take(...Array.from({ length: 64 }, () => ({ payload })));
  let taken = 0;
  while (output.counters.dropped === 0) {
    output.write(batch);
    taken += 64;
  }
  disk.release();
  await output.close();
  const { written, dropped } = output.counters;
  expect(written + dropped).toBe(taken);
  expect((disk.files[0] ?? '').split('\n').length - 1).toBe(written);
});
