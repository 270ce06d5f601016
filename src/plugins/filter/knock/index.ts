import { defineFilter } from '../../api.ts';
import { checkOptions, keysOf } from './checks.ts';
import { Knock, knockKeys } from './knock.ts';
import { options } from './options.ts';

/** Port knocking: a door for those who send the right packets in the right order. */
export const knock = defineFilter({
  kind: 'filter',
  name: 'KNOCK',
  summary: 'lets a packet pass only when it completes a sequence of knocks from its source',
  options,
  check: checkOptions,
  reads: [
    { name: 'ip.saddr', required: true },
    { name: 'oob.time.sec', required: true },
    { name: 'oob.time.usec' },
    { name: 'tcp.sport' },
    { name: 'tcp.seq' },
    { name: 'tcp.flags' },
  ],
  readsOf: keysOf,
  provides: Object.values(knockKeys),
  open: (context) => new Knock(context),
});
