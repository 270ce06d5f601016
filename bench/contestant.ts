import { type Daemon, startSpecter } from '../test/support/daemon.ts';
import type { Namespace } from '../test/support/namespace.ts';
import { startUlogd, ulogdFile } from '../test/support/ulogd.ts';
import { type Case, socketBuffer, specterConfig } from './cases.ts';

/** A daemon under measurement. */
export interface Contestant {
  readonly name: 'specter' | 'ulogd2';
  /** NFLOG group of its own, so that the same rules serve both. */
  readonly group: number;
  /** Starts it for a case; resolves when it is ready. */
  readonly start: (namespace: Namespace, testCase: Case) => Promise<Daemon>;
  /** Its output file in the daemon's folder. */
  readonly file: string;
}

export const specter: Contestant = {
  name: 'specter',
  group: 10,
  file: 'specter.out',
  start: (namespace, testCase) =>
    startSpecter({
      namespace,
      config: (folder) => specterConfig(testCase, specter.group, folder, specter.file),
    }),
};

/**
 * As root it gives itself real-time priority (SCHED_RR): what else runs on the machine slows specter and the
 * generator, not ulogd2. Only a quiet machine compares the two.
 */
export const ulogd: Contestant = {
  name: 'ulogd2',
  group: 11,
  file: ulogdFile,
  start: (namespace, testCase) =>
    startUlogd({
      namespace,
      group: ulogd.group,
      stack: testCase.ulogd,
      nflog: {
        netlink_socket_buffer_size: socketBuffer,
        // ulogd2 sets no size that is not below the maximum.
        netlink_socket_buffer_maxsize: socketBuffer + 1,
      },
    }),
};

export const contestants: readonly Contestant[] = [specter, ulogd];

/** UDP port whose packets go to a contestant's group. */
export const portOf = (contestant: Contestant): number => 10_000 + contestant.group;

/** Name of the nftables counter of what the kernel was asked to log for a contestant. */
export const counterOf = (contestant: Contestant): string => `to_${contestant.name}`;

/**
 * Logs each contestant's packets on their way out and drops them at the last moment: so the generator
 * pays for no delivery, and still sees no error, as it would if the output hook dropped.
 */
export const rules = `
table inet bench {
${contestants.map((each) => `  counter ${counterOf(each)} {\n  }`).join('\n')}
  chain output {
    type filter hook output priority 0
${contestants.map(logRule).join('\n')}
  }
}
table netdev bench {
  chain egress {
    type filter hook egress device "lo" priority 0
    drop
  }
}
`;

function logRule(contestant: Contestant): string {
  const log = `log group ${contestant.group} snaplen 128 queue-threshold 64`;
  return `    udp dport ${portOf(contestant)} counter name ${counterOf(contestant)} ${log}`;
}
