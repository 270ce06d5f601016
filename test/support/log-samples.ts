import { ipv4Samples } from './log-samples/ipv4.ts';
import { ipv6Samples } from './log-samples/ipv6.ts';
import type { LogSample } from './log-samples/sample.ts';

export type { LogSample } from './log-samples/sample.ts';

/**
 * One packet of each kind that LOG-style lines tell apart, such as the kernel's own checks let
 * through to netfilter's prerouting hook.
 */
export const logSamples: readonly LogSample[] = [...ipv4Samples, ...ipv6Samples];
