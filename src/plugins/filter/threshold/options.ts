import { formatSize } from '../../../config-grammar/index.ts';
import {
  defineOptions,
  type KeyRequirement,
  type OptionValues,
  type ValueProblem,
} from '../../api.ts';
import { HIT_SIZE } from './hit-windows.ts';

/** What `threshignore` looks at when no key of `threshkey` is an address. */
export const SOURCE_ADDRESS = 'ip.saddr';

/** Most bytes that the times of all hits may take. */
const MAX_MEMORY = 64 * 2 ** 20;

const DEFAULT_MAX = 65_536;

export const options = defineOptions({
  threshold: {
    type: 'integer',
    min: 1,
    max: 1000,
    default: 5,
    help: 'number of hits within `threshwindow` at which a packet passes; 1: every packet does',
  },
  threshwindow: {
    type: 'duration',
    min: 1,
    default: '60s',
    help: 'most time from the first of those hits to the last, by the time stamps of the packets',
  },
  threshkey: {
    type: 'list',
    of: { type: 'string' },
    maxItems: 8,
    default: [SOURCE_ADDRESS],
    help: 'keys whose values, taken together, have a count of their own; texts by their first 255 bytes',
  },
  threshignore: {
    type: 'list',
    of: { type: 'prefix' },
    maxItems: 4096,
    help: 'addresses and prefixes never counted; compared with the addresses among `threshkey`, or with `ip.saddr` if there are none',
  },
  threshmax: {
    type: 'integer',
    min: 1,
    max: 2 ** 20,
    default: DEFAULT_MAX,
    help: 'most values counted at once, the least recent goes first; bytes for each: 30, 8 × (`threshold` − 1), and 17 for an address, 5 for a number, 256 for a text',
  },
});

export type ThresholdOptions = OptionValues<typeof options>;

export function readsOf({ threshkey, threshignore = [] }: ThresholdOptions): KeyRequirement[] {
  const counted = threshkey.map((key, item) => ({ key, option: 'threshkey', item }));
  if (threshignore.length === 0) return counted;
  return [...counted, { key: SOURCE_ADDRESS, option: 'threshignore' }];
}

/** Refuses combinations of `threshold` and `threshmax` that would take too much memory. */
export function check({ threshold, threshmax }: ThresholdOptions): ValueProblem[] {
  const perKey = HIT_SIZE * (threshold - 1);
  if (perKey * threshmax <= MAX_MEMORY) return [];
  const most = Math.floor(MAX_MEMORY / perKey);
  const message =
    `the hits of ${threshmax} values (threshmax), ${perKey} bytes each, take more than ` +
    `${formatSize(MAX_MEMORY)}: with threshold ${threshold}, threshmax can be at most ${most}`;
  // The one that differs from its default is the one that is there to be pointed at.
  return [{ option: threshmax === DEFAULT_MAX ? 'threshold' : 'threshmax', message }];
}
