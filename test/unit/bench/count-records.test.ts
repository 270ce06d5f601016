import { expect, test } from 'vitest';
import { countBoundaries, countPcapRecords } from '../../../bench/count-records.ts';
import { ScratchFolder } from '../../support/scratch-folder.ts';

/** Longer than what is read at once, so that every kind of cut occurs. */
const MANY = 200_000;

test('packets of OPRINT are counted wherever reads end', async () => {
  await using folder = await ScratchFolder.create();
  const text = Array.from({ length: MANY }, (_, i) => `===>PACKET BOUNDARY\nkey=${i}\n`).join('');
  expect(await countBoundaries(await folder.write('dump', text))).toBe(MANY);
  expect(await countBoundaries(await folder.write('none', ''))).toBe(0);
});

test('records of pcap are counted, and a torn one is an error', async () => {
  await using folder = await ScratchFolder.create();
  const record = (length: number): Buffer => {
    const bytes = Buffer.alloc(16 + length, 0xff);
    bytes.writeUInt32LE(length, 8);
    return bytes;
  };
  const records = Array.from({ length: MANY }, (_, i) => record(i % 97));
  const file = Buffer.concat([Buffer.alloc(24), ...records]);
  expect(await countPcapRecords(await folder.write('whole', file))).toBe(MANY);
  const torn = await folder.write('torn', file.subarray(0, -1));
  await expect(countPcapRecords(torn)).rejects.toThrow(`${torn}: ends within a record`);
});
