/** What a netlink socket has met so far; numbers only ever grow. */
export interface SocketCounters {
  /** Datagrams received, whole or cut, whoever sent them. */
  datagrams: number;
  /** Times the kernel said that it threw datagrams away for want of receive buffer (ENOBUFS). */
  overruns: number;
  /** Datagrams cut because they were longer than a slot of the ring. */
  truncated: number;
  /** Datagrams from other processes, not the kernel: ignored. */
  foreign: number;
}

export const newCounters = (): SocketCounters => ({
  datagrams: 0,
  overruns: 0,
  truncated: 0,
  foreign: 0,
});
