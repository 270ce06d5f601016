import type { CheckOptions } from '../../../src/kit/check-plugin.ts';

const former = 'the name that specter 1.x and ulogd2 have for it';

/** With which options each built-in plugin is checked; a plugin without is to be added here. */
export const fixtures: Readonly<Record<string, readonly CheckOptions[]>> = {
  BASE: [{}],
  LOCAL: [{}],
  KNOCK: [
    { options: ['knocksequence 22/tcp 53/udp', 'knockflags any', 'knockmax 8'] },
    { options: ['knocksequence 80/tcp', 'knockstrict'] },
  ],
  THRESHOLD: [
    { options: ['threshold 1'] },
    { options: ['threshold 3', 'threshmax 4', 'threshkey ip.saddr oob.prefix trial.u64'] },
  ],
  PWSNIFF: [{}, { options: ['pwsniffpass'] }],
  HTTP: [{}],
  TLS: [{}],
  DNS: [{}],
  MARK: [
    {
      exempt: {
        'option-names': former,
        reads: 'ct.mark is a key of a source that is still to come',
      },
    },
  ],
  MATCH: [
    {
      options: [
        'match "tcp.dport in {22, 80} or ip.saddr in 10.0.0.0/8 and not oob.prefix exists"',
      ],
    },
  ],
  LOGEMU: [{}],
  SYSLOG: [{ declarationOnly: 'it needs a syslog daemon: see test/kernel/check-plugins.test.ts' }],
  OPRINT: [{ exempt: { 'option-names': former } }],
  JSON: [{}, { options: ['jsonschema ecs', 'jsonbooleanlabel'] }],
  GPRINT: [{}, { options: ['gprintkeys ip.saddr oob.prefix'] }],
  XML: [{}],
  PCAP: [{}, { options: ['pcapformat pcapng'] }],
  SQLITE3: [{ exempt: { alone: 'a thread makes the file, in its own time, with random ids' } }],
  PGSQL: [{ options: ['pgsqltable packet', 'pgsqlhost /nowhere', 'pgsqllazy', 'pgsqlshutdown 0'] }],
  MYSQL: [
    {
      options: ['mysqltable packet', 'mysqldb ulog', 'mysqlsocket /nowhere', 'mysqllazy'],
    },
  ],
  EXEC: [{ options: ['execstr /bin/true %{ip.saddr}', 'execqueue 16', 'exectimeout 1s'] }],
  NFTSET: [
    {
      options: ['nftset "inet filter banned"'],
      declarationOnly: 'it needs a set of nftables: see test/kernel/check-plugins.test.ts',
    },
  ],
};
