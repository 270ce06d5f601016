import { join } from 'node:path';
import { countLines } from '../test/support/file-lines.ts';
import { logemuStack, type UlogdStack } from '../test/support/ulogd.ts';
import { countBoundaries, countPcapRecords } from './count-records.ts';

/** One kind of output that both daemons have, set up to do the same work. */
export interface Case {
  readonly name: string;
  /** Body of specter's numbered block, given the path of the file it shall write. */
  readonly specter: (file: string) => string;
  /** What follows NFLOG and BASE in ulogd2's stack. */
  readonly ulogd: UlogdStack;
  /** Packets found in the finished file. */
  readonly count: (file: string) => Promise<number>;
}

/** What ulogd2's own example stacks have before an output that writes keys. */
const toText = ['filter_IFINDEX', 'filter_IP2STR', 'filter_HWHDR'];

export const cases: readonly Case[] = [
  {
    name: 'LOGEMU',
    specter: (file) => `
      plugin BASE
      plugin LOGEMU
      logemufile ${file}`,
    ulogd: { ...logemuStack, options: { sync: 0 } },
    count: countLines,
  },
  {
    name: 'PCAP',
    specter: (file) => `
      plugin PCAP
      pcapfile ${file}`,
    // ulogd2's PCAP takes the packet's length from BASE.
    ulogd: { plugins: ['output_PCAP'], options: { sync: 0 } },
    count: countPcapRecords,
  },
  {
    name: 'GPRINT',
    specter: (file) => `
      plugin BASE
      plugin GPRINT
      gprintfile ${file}`,
    ulogd: { plugins: [...toText, 'output_GPRINT'], options: { sync: 0 } },
    count: countLines,
  },
  {
    name: 'OPRINT',
    specter: (file) => `
      plugin BASE
      plugin OPRINT
      dumpfile ${file}`,
    ulogd: { plugins: [...toText, 'output_OPRINT'], options: { sync: 0 } },
    count: countBoundaries,
  },
  {
    name: 'JSON',
    specter: (file) => `
      plugin BASE
      plugin JSON
      jsonfile ${file}`,
    ulogd: { plugins: [...toText, 'output_JSON'], options: { sync: 0 } },
    count: countLines,
  },
];

/** Socket buffer of both daemons, in bytes; the kernel doubles it. */
export const socketBuffer = 4 << 20;

/** specter's whole config for a case. */
export const specterConfig = (
  { specter }: Case,
  group: number,
  folder: string,
  file: string,
): string => `
global {
  logfile stderr
  loglevel 5
  rmem ${socketBuffer}
}
${group} {${specter(join(folder, file))}
}
`;
