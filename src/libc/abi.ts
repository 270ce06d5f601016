/**
 * Layouts of the C structures that this program fills or reads in raw memory, for the LP64 data
 * model (64-bit Linux) in little-endian byte order. All numbers are bytes.
 *
 * glibc and musl agree on them: where musl declares a narrower field than the kernel
 * (`msg_iovlen`, `msg_controllen`) it pads it to the same eight bytes.
 */
import { endianness } from 'node:os';
import koffi from 'koffi';

/** `struct sockaddr_nl`, linux/netlink.h. */
export const SOCKADDR_NL = { size: 12, nl_family: 0, nl_pid: 4, nl_groups: 8 } as const;

/** `struct iovec`, bits/types/struct_iovec.h. */
export const IOVEC = { size: 16, iov_base: 0, iov_len: 8 } as const;

/** `struct msghdr`, bits/socket.h. */
export const MSGHDR = {
  size: 56,
  msg_name: 0,
  msg_namelen: 8,
  msg_iov: 16,
  msg_iovlen: 24,
  msg_control: 32,
  msg_controllen: 40,
  msg_flags: 48,
} as const;

/** `struct mmsghdr`, sys/socket.h: a msghdr followed by the length received. */
export const MMSGHDR = { size: 64, msg_hdr: 0, msg_len: 56 } as const;

/** `struct pollfd`, poll.h. */
export const POLLFD = { size: 8, fd: 0, events: 4, revents: 6 } as const;

/** Multi-byte integers in the machine's own order are read little-endian; see `assertSupportedAbi`. */
export const LITTLE_ENDIAN = true;

/**
 * Throws unless this process is 64-bit and little-endian, which the layouts above presuppose.
 * Called before the first socket is opened: on any other machine they would corrupt memory.
 */
export function assertSupportedAbi(
  pointerSize: number = koffi.sizeof('void *'),
  byteOrder: string = endianness(),
): void {
  if (pointerSize === 8 && byteOrder === 'LE') return;
  throw new Error(
    `specter needs a 64-bit little-endian Node.js; this one (${process.arch}) has ` +
      `${pointerSize * 8}-bit pointers in ${byteOrder} byte order`,
  );
}
