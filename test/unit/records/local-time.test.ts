import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { type SecondText, SlashedTime, SyslogTime } from '../../../src/records/local-time.ts';
import { SLACK } from '../../../src/records/text.ts';
import { viewOf } from './view-of.ts';

const zone = process.env.TZ;

afterEach(() => {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});

function text(time: SecondText, second: number, length = SyslogTime.LENGTH): string {
  const out = Buffer.alloc(length + 8, 0xff);
  const end = time.write(viewOf(out), 4, second);
  expect(end).toBe(4 + length);
  expect([out[3], out[end + SLACK]]).toEqual([0xff, 0xff]);
  return out.toString('latin1', 4, end);
}

describe('SyslogTime', () => {
  it.each([
    ['UTC', 0, 'Jan  1 00:00:00'],
    ['UTC', 1_709_164_800, 'Feb 29 00:00:00'],
    ['UTC', 4_294_967_295, 'Feb  7 06:28:15'],
    ['Europe/Berlin', 1_699_059_943, 'Nov  4 02:05:43'],
    ['Asia/Kolkata', 1_735_669_799, 'Dec 31 23:59:59'],
    ['America/St_Johns', 1_720_000_000, 'Jul  3 07:16:40'],
  ])('%s: second %d is %s', (name, second, expected) => {
    process.env.TZ = name;
    expect(text(new SyslogTime(), second)).toBe(expected);
  });

  it('follows the clock over the change from summer time', () => {
    process.env.TZ = 'Europe/Berlin';
    const time = new SyslogTime();
    expect(text(time, 1_761_440_399)).toBe('Oct 26 02:59:59');
    expect(text(time, 1_761_440_400)).toBe('Oct 26 02:00:00');
  });

  it('writes what Date writes, whatever it wrote before', () => {
    process.env.TZ = 'UTC';
    const time = new SyslogTime();
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), (second) => {
        const utc = new Date(second * 1000).toUTCString();
        const day = String(Number(utc.slice(5, 7))).padStart(2);
        const expected = `${utc.slice(8, 11)} ${day} ${utc.slice(17, 25)}`;
        expect(text(time, second)).toBe(expected);
        expect(text(time, second)).toBe(expected);
      }),
    );
  });
});

describe('SlashedTime', () => {
  it.each([
    ['UTC', 0, '1970/01/01-00:00:00'],
    ['UTC', 4_294_967_295, '2106/02/07-06:28:15'],
    ['Asia/Kolkata', 1_735_669_799, '2024/12/31-23:59:59'],
  ])('%s: second %d is %s', (name, second, expected) => {
    process.env.TZ = name;
    expect(text(new SlashedTime(), second, SlashedTime.LENGTH)).toBe(expected);
  });
});
