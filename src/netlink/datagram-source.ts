import type { ReceiveRing } from './receive-ring.ts';

/** What a source has met so far; numbers only ever grow. */
export interface SourceCounters {
  /** Datagrams received, whole or cut, whoever sent them. */
  datagrams: number;
  /** Times the kernel said that it threw datagrams away for want of receive buffer (ENOBUFS). */
  overruns: number;
  /** Datagrams cut because they were longer than a slot of the ring. */
  truncated: number;
  /** Datagrams from other processes, not the kernel: ignored. */
  foreign: number;
}

/** Where the datagrams of one netlink socket come from: the kernel, or a script in tests. */
export interface DatagramSource {
  /** What to poll for readiness. */
  readonly fd: number;
  readonly counters: Readonly<SourceCounters>;
  /**
   * Receives what is there, without waiting, into the ring's slots from 0 on, and returns how many
   * slots were filled; 0 when nothing is there. The slots are valid until the ring's next use.
   */
  receive(ring: ReceiveRing): number;
}

export const newCounters = (): SourceCounters => ({
  datagrams: 0,
  overruns: 0,
  truncated: 0,
  foreign: 0,
});
