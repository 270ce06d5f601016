import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  capabilityMask,
  capabilityNames,
  capabilityNumber,
} from '../../../src/libc/capabilities.ts';

const HEADER = '/usr/include/linux/capability.h';
const hasHeader = existsSync(HEADER);
const suffix = hasHeader ? '' : ' (skipped: install linux-libc-dev)';

test.runIf(hasHeader)(`the numbers are those of ${HEADER}${suffix}`, () => {
  const defines = readFileSync(HEADER, 'utf8').matchAll(/^#define CAP_(\w+)\s+(\d+)$/gm);
  const known = [...defines].map(([, name = '', number]) => [name.toLowerCase(), Number(number)]);
  expect(known.length).toBeGreaterThan(30);
  expect(known).toEqual(known.map(([name]) => [name, capabilityNumber(String(name))]));
});

test.each([
  ['net_admin', 12],
  ['CAP_NET_ADMIN', 12],
  ['Cap_Net_Raw', 13],
  ['chown', 0],
  ['cap_checkpoint_restore', 40],
  ['cap_cap_chown', undefined],
  ['', undefined],
])('%s is %s', (name, number) => expect(capabilityNumber(name)).toBe(number));

test('a mask has the bit of each, also above 31', () => {
  expect(capabilityMask([])).toBe(0n);
  expect(capabilityMask([0, 12, 40])).toBe(0x100_0000_1001n);
  expect(capabilityMask(capabilityNames.map((_, number) => number))).toBe(0x1ff_ffff_ffffn);
});
