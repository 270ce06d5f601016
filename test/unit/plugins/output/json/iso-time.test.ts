import { afterEach, expect, test } from 'vitest';
import { IsoTime, type ZoneStyle } from '../../../../../src/plugins/output/json/iso-time.ts';

const savedZone = process.env.TZ;
afterEach(() => {
  process.env.TZ = savedZone;
});

function text(style: ZoneStyle, second: number, microsecond: number, time = new IsoTime(style)) {
  const memory = Buffer.alloc(2 + IsoTime.MAX_LENGTH + 3, 0xff);
  const end = time.write(new DataView(memory.buffer, memory.byteOffset), 2, second, microsecond);
  return memory.toString('latin1', 2, end);
}

// 2023-11-02 01:02:03 and 2024-07-14 22:13:20 UTC
const [winter, summer] = [1_698_886_923, 1_720_995_200];

test.each([
  ['Europe/Berlin', winter, '2023-11-02T02:02:03.000042+0100'],
  ['Europe/Berlin', summer, '2024-07-15T00:13:20.000042+0200'],
  ['UTC', winter, '2023-11-02T01:02:03.000042+0000'],
  ['America/St_Johns', winter, '2023-11-01T22:32:03.000042-0230'],
  ['Asia/Kathmandu', winter, '2023-11-02T06:47:03.000042+0545'],
  ['UTC', 0, '1970-01-01T00:00:00.000042+0000'],
  ['UTC', 0xffff_ffff, '2106-02-07T06:28:15.000042+0000'],
])('in %s second %i is %s', (zone, second, expected) => {
  process.env.TZ = zone;
  expect(text('local', second, 42)).toBe(expected);
});

test('in UTC has no offset, wherever the machine is', () => {
  process.env.TZ = 'Asia/Kathmandu';
  expect(text('utc', winter, 999_999)).toBe('2023-11-02T01:02:03.999999Z');
});

test('keeps its form whatever the microseconds are said to be', () => {
  expect(text('utc', winter, 0)).toMatch(/:03\.000000Z$/);
  expect(text('utc', winter, 1_000_000)).toMatch(/:03\.000000Z$/);
  expect(text('utc', winter, 0xffff_ffff)).toMatch(/:03\.967295Z$/);
});

test('goes with the seconds, forth and back, and over the change to summer time', () => {
  process.env.TZ = 'Europe/Berlin';
  const time = new IsoTime('local');
  // 2024-03-31 00:59:59 UTC is the last second of winter time.
  const last = Date.UTC(2024, 2, 31, 0, 59, 59) / 1000;
  expect([last, last + 1, last].map((second) => text('local', second, 5, time))).toEqual([
    '2024-03-31T01:59:59.000005+0100',
    '2024-03-31T03:00:00.000005+0200',
    '2024-03-31T01:59:59.000005+0100',
  ]);
});
