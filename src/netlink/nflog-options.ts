import type { MessageBuilder } from './message.ts';
import {
  NFULA_CFG_MODE,
  NFULA_CFG_NLBUFSIZ,
  NFULA_CFG_QTHRESH,
  NFULA_CFG_TIMEOUT,
  NFULNL_COPY_PACKET,
  NFULNL_MSG_CONFIG_MODE,
} from './nflog-protocol.ts';

/** An option left out keeps the kernel's value: its default when binding, the last one later. */
export interface NflogOptions {
  /**
   * Bytes the kernel collects before it hands over a datagram, 4096–131072. Kernel default: about
   * one page (3776 on x86-64). Machines with pages beyond 4 KiB take less than 8192 for 8192.
   */
  nlbufsiz?: number | undefined;
  /**
   * Bytes of each packet to copy, 1–65531; 0 copies all of it. Kernel default: all. A rule may ask
   * for less. More than 65531 bytes do not fit into a netlink attribute: a larger packet (GSO) is
   * always cut there.
   */
  snaplen?: number | undefined;
  /**
   * Packets the kernel collects before it hands over a datagram, 1–65535. Kernel default 100. A
   * rule may ask for less.
   */
  qthreshold?: number | undefined;
  /**
   * Milliseconds after which it hands over what it has collected, 0–3600000, rounded up to the
   * kernel's unit of 10 ms. Kernel default 1000.
   */
  qtimeout?: number | undefined;
}

/** The longest piece of a packet that fits into one attribute: 0xffff − NLA_HDRLEN. */
export const MAX_SNAPLEN = 65531;
/** The largest datagram buffer that the kernel accepts. */
export const MAX_NLBUFSIZ = 131072;

const RANGES = {
  nlbufsiz: { min: 4096, max: MAX_NLBUFSIZ, unit: 'bytes' },
  snaplen: { min: 0, max: MAX_SNAPLEN, unit: 'bytes' },
  qthreshold: { min: 1, max: 65535, unit: 'packets' },
  qtimeout: { min: 0, max: 3_600_000, unit: 'ms' },
} as const satisfies Record<keyof NflogOptions, { min: number; max: number; unit: string }>;

/**
 * Throws a RangeError for a value the kernel would not take. It must be found here: nfnetlink_log
 * acknowledges a buffer size out of range, and keeps the one it had.
 */
export function checkNflogOptions(options: NflogOptions): void {
  for (const name of ['nlbufsiz', 'snaplen', 'qthreshold', 'qtimeout'] as const) {
    const value = options[name];
    if (value === undefined) continue;
    const { min, max, unit } = RANGES[name];
    if (!Number.isInteger(value) || value < min || value > max) {
      throw new RangeError(`${name} is ${value}; ${min} to ${max} ${unit} are possible`);
    }
  }
}

/** Adds the options that are given to a configuration request (NFULNL_MSG_CONFIG). */
export function putNflogOptions(message: MessageBuilder, options: NflogOptions): void {
  if (options.snaplen !== undefined) {
    const mode = Buffer.alloc(NFULNL_MSG_CONFIG_MODE.size);
    mode.writeUInt32BE(options.snaplen, NFULNL_MSG_CONFIG_MODE.copy_range);
    mode.writeUInt8(NFULNL_COPY_PACKET, NFULNL_MSG_CONFIG_MODE.copy_mode);
    message.bytes(NFULA_CFG_MODE, mode);
  }
  if (options.nlbufsiz !== undefined) message.be32(NFULA_CFG_NLBUFSIZ, options.nlbufsiz);
  if (options.qthreshold !== undefined) message.be32(NFULA_CFG_QTHRESH, options.qthreshold);
  if (options.qtimeout !== undefined) {
    message.be32(NFULA_CFG_TIMEOUT, Math.ceil(options.qtimeout / 10));
  }
}

/** Largest kernel default of nlbufsiz: NLMSG_GOODSIZE on machines with large pages. */
const DEFAULT_NLBUFSIZ = 8192;
/** Bound on what comes with a packet: headers, prefix, link-layer headers and all attributes. */
const METADATA = 1024;
/** Bound on `struct skb_shared_info`, which the kernel keeps behind the data of each buffer. */
const SHARED_INFO = 512;

/**
 * Bytes of the longest datagram that a group with these options can send: the size for the slots
 * of its ReceiveRing. `snaplen` and `nlbufsiz` as in NflogOptions, undefined for the defaults.
 *
 * The kernel allocates room for `nlbufsiz` or for one packet, whichever is more, gets that rounded
 * up to a power of two, and fills all of it: datagrams may be nearly twice as long as `nlbufsiz`.
 */
export function slotSizeFor(snaplen: number | undefined, nlbufsiz: number | undefined): number {
  const packet = (snaplen || MAX_SNAPLEN) + METADATA;
  const wanted = Math.max(nlbufsiz ?? DEFAULT_NLBUFSIZ, packet) + SHARED_INFO;
  return 2 ** Math.ceil(Math.log2(wanted));
}
