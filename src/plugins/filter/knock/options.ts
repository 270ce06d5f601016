import { defineOptions, type OptionValues } from '../../api.ts';
import { flagWords } from './tcp-flags.ts';

export const options = defineOptions({
  knocksequence: {
    type: 'string',
    rest: true,
    help: 'steps in their order, 1 to 32, such as 7000/tcp 8000/udp 8/icmp; a bare port is TCP',
  },
  knockfile: {
    type: 'path',
    access: 'read',
    help: 'file of one-time sequences, one a line, in place of knocksequence; a used one gets a # in front, on disk before the door opens',
  },
  knocktimeout: {
    type: 'duration',
    min: 1,
    default: '25s',
    help: 'time from the first step in which the last has to come, by the time of the packets',
  },
  knockflags: {
    type: 'list',
    of: { type: 'enum', values: flagWords },
    default: ['syn'],
    help: 'flags that TCP packets must have, or with ! must not have, to be noticed; any: whatever',
  },
  knockname: {
    type: 'string',
    help: "the door's name, in the log and as knock.name; without it the section's words, else the block's name",
  },
  knockmax: {
    type: 'integer',
    min: 1,
    max: 1 << 20,
    default: 65536,
    help: 'sources to keep in mind at once; beyond it the least recently seen goes; 60 bytes each',
  },
  knockstrict: {
    type: 'flag',
    help: 'any other TCP (see knockflags), UDP or ICMP packet of the source spoils its attempt',
  },
  knockfamily: {
    type: 'enum',
    values: ['any', 'ip', 'ip6'],
    default: 'any',
    help: 'heed packets of both families, of IPv4 or of IPv6 only',
  },
  knocktarget: {
    type: 'list',
    of: { type: 'prefix' },
    maxItems: 64,
    help: 'addresses or prefixes that packets have to be for; without it any',
  },
});

export type KnockOptions = OptionValues<typeof options>;
