import { describe, expect, test } from 'vitest';
import {
  checkRemote,
  type RemoteValues,
} from '../../../../../../src/plugins/output/json/remote/index.ts';
import { defaults } from './sink-bench.ts';

const problems = (values: Partial<RemoteValues>): string[] =>
  checkRemote({ ...defaults, ...values }).map(({ option, message }) => `${option}: ${message}`);

describe('the options of the network', () => {
  test.each(['127.0.0.1', '::1', 'fe80::1%eth0', 'log.example.org', 'log_host', 'a', 'x.y.'])(
    'take %s for a host',
    (jsonhost) => expect(problems({ jsonhost })).toEqual([]),
  );

  test.each(['', 'two words', '-x', 'a/b', 'a:b', '[::1]', 'caf\u00e9'])(
    'do not take "%s" for a host',
    (jsonhost) => {
      expect(problems({ jsonhost })).toEqual([
        'jsonhost: jsonhost takes a host name or an address',
      ]);
      expect(problems({ jsonhost, jsonmode: 'udp' })).toHaveLength(1);
      expect(problems({ jsonhost, jsonmode: 'unix' })).toEqual([]);
    },
  );

  test('know how long the path of a socket may be', () => {
    const jsonmode = 'unix';
    expect(problems({ jsonmode, jsonfile: `/${'x'.repeat(106)}` })).toEqual([]);
    expect(problems({ jsonmode, jsonfile: `/${'x'.repeat(107)}` })).toEqual([
      'jsonfile: the path of a socket has at most 107 bytes',
    ]);
  });

  test('have no spool for UDP', () => {
    expect(problems({ jsonmode: 'udp', jsonspool: '/var/spool/x' })).toEqual([
      'jsonspool: jsonspool needs jsonmode tcp or unix: UDP does not tell whether anybody receives',
    ]);
  });
});
