import { afterEach, describe, expect, test } from 'vitest';
import { escapeUnprintable, formatLogLine, localIsoTime } from '../../../src/daemon/log-line.ts';

describe('localIsoTime', () => {
  const zone = process.env.TZ;
  afterEach(() => {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  });

  test.each([
    ['Europe/Berlin', '2026-11-22T01:14:57.123Z', '2026-11-22T02:14:57.123+01:00'],
    ['Europe/Berlin', '2026-07-01T22:30:00.000Z', '2026-07-02T00:30:00.000+02:00'],
    ['UTC', '2026-11-22T01:14:57.007Z', '2026-11-22T01:14:57.007+00:00'],
    ['Asia/Kolkata', '2026-12-31T18:30:00.000Z', '2027-01-01T00:00:00.000+05:30'],
    ['America/St_Johns', '2026-01-01T00:00:00.000Z', '2025-12-31T20:30:00.000-03:30'],
  ])('%s %s', (name, utc, local) => {
    process.env.TZ = name;
    expect(localIsoTime(new Date(utc))).toBe(local);
  });
});

describe('escapeUnprintable', () => {
  test.each([
    ['newline', 'a\nb\r\n', 'a\\nb\\r\\n'],
    ['terminal escape', '\x1b[2J', '\\x1b[2J'],
    ['8-bit terminal escape', '\x9b2J', '\\x9b2J'],
    ['NUL, tab, DEL', '\0\t\x7f', '\\x00\\t\\x7f'],
    ['line and paragraph separator', '\u2028\u2029', '\\u2028\\u2029'],
    ['writing direction', 'a\u202eb\u2066c', 'a\\u202eb\\u2066c'],
    ['everything else stays', 'Grüße, 防火墙 🔥 "a\\b"', 'Grüße, 防火墙 🔥 "a\\b"'],
  ])('%s', (_name, text, escaped) => {
    expect(escapeUnprintable(text)).toBe(escaped);
  });
});

test('a line cannot be forged by its message or component', () => {
  const time = new Date('2026-11-22T01:14:57.123Z');
  const line = formatLogLine(time, 'error', 'NF\nLOG', 'x\n2026-11-22 fatal daemon: y');
  expect(line).toBe(`${localIsoTime(time)} error NF\\nLOG: x\\n2026-11-22 fatal daemon: y\n`);
});
