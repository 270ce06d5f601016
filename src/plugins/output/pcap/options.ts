import { defineOptions, type OptionValues, type ValueProblem } from '../../api.ts';
import { fileOptions } from '../file-options.ts';
import { checkRotation } from './rotation-options.ts';

export const options = defineOptions({
  ...fileOptions('pcap', '/var/log/specter.pcap', 'packets'),
  pcapformat: {
    type: 'enum',
    values: ['pcap', 'pcapng'],
    default: 'pcap',
    help: 'format of the file; pcapng also has interfaces, directions, prefixes and counts of losses',
  },
  pcaplinktype: {
    type: 'enum',
    values: ['raw', 'ethernet'],
    help:
      'what packets begin with: raw is their IP header, the default for pcap; ethernet, for pcapng, ' +
      'also takes ARP and whatever else is no IP',
  },
  pcapprecision: {
    type: 'enum',
    values: ['micro', 'nano'],
    default: 'micro',
    help: 'unit of the time stamps; the kernel tells microseconds',
  },
  pcaprotate: {
    type: 'list',
    of: { type: 'string' },
    maxItems: 2,
    help: 'begin a new file at this size, as 100M, or at this age, as 15min, 1h or 7d, or both; by default never',
  },
  pcapkeep: {
    type: 'integer',
    min: 1,
    max: 999,
    default: 10,
    help: 'old files that pcaprotate keeps, as FILE.1, FILE.2 …; older ones are deleted',
  },
});

export type PcapValues = OptionValues<typeof options>;

/** The link type of the file: raw is what ulogd2 writes. */
export const linkTypeOf = ({ pcaplinktype, pcapformat }: PcapValues): 'raw' | 'ethernet' =>
  pcaplinktype ?? (pcapformat === 'pcap' ? 'raw' : 'ethernet');

/**
 * libpcap up to 1.10 compares the link type of a second interface, or section, as the file has it with
 * that of the first as programs see it. For raw the two numbers are not the same.
 */
export function check({ pcapformat, pcaplinktype, pcaprotate }: PcapValues): ValueProblem[] {
  const problems = [...checkRotation(pcaprotate)];
  if (pcapformat === 'pcapng' && pcaplinktype === 'raw') {
    const reason = 'tcpdump cannot read pcapng with raw packets of more than one interface';
    problems.push({ option: 'pcaplinktype', message: `${reason}: use ethernet` });
  }
  return problems;
}
