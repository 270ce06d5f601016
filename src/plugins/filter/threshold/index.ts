import { defineFilter } from '../../api.ts';
import { check, options, readsOf } from './options.ts';
import { countKey, Threshold } from './threshold.ts';

/**
 * Counts hits and passes on only the packet that reaches the threshold: with EXEC or NFTSET behind
 * it, a ban for whoever comes too often. When a packet has passed, the hits that led to it are
 * forgotten: the next one passes after as many hits again.
 */
export const threshold = defineFilter({
  kind: 'filter',
  name: 'THRESHOLD',
  summary: 'lets the packet pass with which a source has come too often in a span of time',
  options,
  reads: [{ name: 'oob.time.sec', required: true }, { name: 'oob.time.usec' }],
  readsOf,
  provides: [countKey],
  check,
  open: (context) => new Threshold(context),
});
