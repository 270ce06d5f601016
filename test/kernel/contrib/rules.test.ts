import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Namespace } from '../../support/namespace.ts';
import { requireKernel, title } from '../../support/requirements.ts';
import { contribFile } from './example.ts';

const missing = requireKernel();

const files = readdirSync(contribFile(''), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.nft'))
  .sort();

/** A table of somebody else's, for the same packets. */
const others = `table inet filter {
  chain input {
    type filter hook input priority filter; policy accept;
    tcp dport 22 accept
  }
}
`;

test('there are rules in contrib', () => {
  expect(files).toEqual([
    'ban-bruteforce/ban.nft',
    'per-group-logging/firewall.nft',
    'port-knocking/knock-exec.nft',
    'port-knocking/knock.nft',
  ]);
});

describe.skipIf(missing).each(files)(title('contrib/%s', missing), (name) => {
  let namespace: Namespace;
  beforeEach(async () => {
    namespace = await Namespace.create();
  });
  afterEach(async () => await namespace[Symbol.asyncDispose]());

  const file = contribFile(name);
  const ruleset = async () => await namespace.exec('nft', 'list', 'ruleset');

  test('is valid, and checking it changes nothing', async () => {
    await namespace.exec('nft', '-c', '-f', file);
    expect(await ruleset()).toBe('');
  });

  test('can be loaded again and again beside other tables', async () => {
    await namespace.nft(others);
    const before = await ruleset();
    await namespace.exec('nft', '-f', file);
    const loaded = await ruleset();
    expect(loaded.startsWith(before)).toBe(true);
    expect(loaded.match(/^table .*(?= \{$)/gm)).toHaveLength(2);
    await namespace.exec('nft', '-f', file);
    expect(await ruleset()).toBe(loaded);
  });

  test('can be run as a program', async () => {
    await namespace.exec(file);
    expect(await ruleset()).toMatch(/^table inet specter_/);
  });
});
