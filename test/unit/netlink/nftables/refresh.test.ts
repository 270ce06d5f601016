import { expect, test } from 'vitest';
import { refreshOf } from '../../../../src/netlink/nftables/index.ts';

test.each([
  ['6.12.0', 'update'],
  ['6.18.44-generic', 'update'],
  ['7.0.0-rc1', 'update'],
  ['6.12-rc3', 'update'],
  ['6.11.9', 'replace'],
  ['6.1.0-18-amd64', 'replace'],
  ['5.15.0', 'replace'],
  ['unknown', 'replace'],
])('timeouts begin anew in Linux %s by %s', (release, refresh) => {
  expect(refreshOf(release)).toBe(refresh);
});
