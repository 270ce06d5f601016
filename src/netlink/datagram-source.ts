import type { ReceiveRing } from './receive-ring.ts';
import type { SocketCounters } from './socket-counters.ts';

/** Where the datagrams of one netlink socket come from: the kernel, or a script in tests. */
export interface DatagramSource {
  /** What to poll for readiness. */
  readonly fd: number;
  readonly counters: Readonly<SocketCounters>;
  /**
   * Receives what is there, without waiting, into the ring's slots from 0 on, and returns how many
   * slots were filled; 0 when nothing is there. The slots are valid until the ring's next use.
   *
   * @param limit the most slots to fill. Default: all
   */
  receive(ring: ReceiveRing, limit?: number): number;
  /** Gives datagrams back, in memory of their own: the next `receive` brings them first. */
  putBack(datagrams: readonly Uint8Array[]): void;
}
