import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkPlugin, formatReport, runPlugin } from 'specter/testing';
import scope from './scope.mjs';
import tally from './tally.mjs';

test('SCOPE knows private addresses', async () => {
  const { rows } = await runPlugin(scope, [
    { 'ip.saddr': '10.0.0.1' },
    { 'ip.saddr': '172.15.255.255' },
    { 'ip.saddr': '172.16.0.0' },
    { 'ip.saddr': '192.168.1.2' },
    { 'ip.saddr': '192.169.0.0' },
    { 'ip.saddr': 'fd00::1' },
    { 'ip.saddr': 'fe80::1' },
    {},
  ]);
  const values = rows.map((row) => row['ip.saddr.private']);
  assert.deepEqual(values, [1, 0, 1, 1, 0, 1, 0, undefined]);
});

test('TALLY logs the busiest ports', async () => {
  const packets = [22, 53, 53, 80, 80, 80].map((port) => ({ 'tcp.dport': port }));
  const { counters, log } = await runPlugin(tally, packets, { options: ['tallytop 2'] });
  assert.deepEqual(log, ['notice: port 80: 3, port 53: 2']);
  assert.deepEqual(counters, { written: 6, dropped: 0, errors: 0 });
});

for (const plugin of [scope, tally]) {
  test(`${plugin.name} keeps the rules for plugins`, async () => {
    const report = await checkPlugin(plugin);
    assert.ok(report.passed, formatReport(report));
  });
}
