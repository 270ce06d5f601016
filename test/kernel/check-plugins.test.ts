import { describe, expect, test } from 'vitest';
import { specterBinary } from '../support/daemon.ts';
import { Namespace } from '../support/namespace.ts';
import { requireKernel, title } from '../support/requirements.ts';
import { Rsyslog } from '../support/rsyslog.ts';

/** Plugins that need something of the system to be opened: the others are in test/unit/kit. */

const missing = requireKernel();
const missingSyslog = requireKernel('rsyslogd');

describe.skipIf(missing)(title('specter check NFTSET', missing), () => {
  test('keeps every rule for plugins', async () => {
    await using namespace = await Namespace.create();
    await namespace.nft(`table inet filter {
  set banned {
    type ipv4_addr
    flags timeout
  }
}
`);
    const args = ['check', 'NFTSET', 'nftset "inet filter banned"', 'nfttimeout 1h'];
    await using specter = namespace.spawn(specterBinary, args);
    const { code, stdout, stderr } = await specter.exit;
    expect([code, code === 0 ? '' : stdout, stderr]).toEqual([0, '', '']);
    expect(stdout).toMatch(/\nNFTSET keeps all \d+ rules\n$/);
    // It was no dry run.
    const set = await namespace.exec('nft', 'list', 'set', 'inet', 'filter', 'banned');
    expect(set).toContain('10.0.0.1 timeout 1h');
  });
});

describe.skipIf(missingSyslog)(title('specter check SYSLOG', missingSyslog), () => {
  test('keeps every rule for plugins', async () => {
    await using namespace = await Namespace.create();
    await using rsyslog = await Rsyslog.start();
    await using specter = rsyslog.spawn(namespace, [specterBinary, 'check', 'SYSLOG']);
    const { code, stdout, stderr } = await specter.exit;
    expect([code, code === 0 ? '' : stdout, stderr]).toEqual([0, '', '']);
    expect(stdout).toMatch(/\nSYSLOG keeps all \d+ rules\n$/);
  });
});
