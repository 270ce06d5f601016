/** Socket calls of the C library. Numbers of options and flags are Linux's generic ones. */
import { assertSupportedAbi } from './abi.ts';
import { checked, lastErrno, libc } from './library.ts';
import { SyscallError } from './syscall-error.ts';

export const AF_NETLINK = 16;
export const SOCK_RAW = 3;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;

export const SOL_SOCKET = 1;
export const SO_RCVBUF = 8;
export const SO_RCVBUFFORCE = 33;

export const MSG_PEEK = 0x02;
/** On a receive call: return the datagram's true length. In `msg_flags`: the datagram was cut. */
export const MSG_TRUNC = 0x20;
export const MSG_DONTWAIT = 0x40;

const native = {
  socket: libc.func('int socket(int domain, int type, int protocol)'),
  bind: libc.func('int bind(int fd, const void *address, unsigned int length)'),
  getsockname: libc.func('int getsockname(int fd, void *address, void *length)'),
  setsockopt: libc.func(
    'int setsockopt(int fd, int level, int name, const void *value, unsigned int length)',
  ),
  getsockopt: libc.func('int getsockopt(int fd, int level, int name, void *value, void *length)'),
  close: libc.func('int close(int fd)'),
};

/**
 * recvmmsg(2): receives up to `count` datagrams into the `struct mmsghdr` table at `headers`.
 * Returns the number received, or −1 with `lastErrno()`. The caller keeps alive every buffer
 * that the table points to; `timeout` is a `struct timespec` or null.
 */
export const recvmmsg: (
  fd: number,
  headers: Uint8Array,
  count: number,
  flags: number,
  timeout: Uint8Array | null,
) => number = libc.func(
  'int recvmmsg(int fd, void *headers, unsigned int count, int flags, void *timeout)',
);

/**
 * recvfrom(2): receives one datagram and its sender. Returns its length, or −1 with `lastErrno()`.
 * `addressLength` holds the size of `address` before the call and of the sender's after it.
 */
export const recvfrom: (
  fd: number,
  bytes: Uint8Array,
  length: number,
  flags: number,
  address: Uint8Array | null,
  addressLength: Uint32Array | null,
) => number = libc.func(
  'long recvfrom(int fd, void *bytes, size_t length, int flags, void *address, void *addressLength)',
);

/** send(2): returns the number of bytes sent, or −1 with `lastErrno()`. */
export const send: (fd: number, bytes: Uint8Array, length: number, flags: number) => number =
  libc.func('long send(int fd, const void *bytes, size_t length, int flags)');

/** socket(2), refused on machines whose structures this program does not know. */
export function openSocket(
  domain: number,
  type: number,
  protocol: number,
  hint?: (errno: number) => string | undefined,
): number {
  assertSupportedAbi();
  const fd: number = native.socket(domain, type, protocol);
  if (fd !== -1) return fd;
  const errno = lastErrno();
  throw new SyscallError('socket', errno, hint?.(errno));
}

/** bind(2) to an encoded `struct sockaddr_*`. */
export function bind(fd: number, address: Uint8Array): void {
  checked('bind', native.bind(fd, address, address.length));
}

/** getsockname(2) into `address`, which has the size of the family's address structure. */
export function getsockname(fd: number, address: Uint8Array): void {
  checked('getsockname', native.getsockname(fd, address, Uint32Array.of(address.length)));
}

/** setsockopt(2) for an option whose value is an `int`; `name` is spelt out in `label` for errors. */
export function setIntOption(
  fd: number,
  level: number,
  name: number,
  value: number,
  label: string,
): void {
  const result = native.setsockopt(fd, level, name, Int32Array.of(value), 4);
  checked(`setsockopt ${label}`, result);
}

/** getsockopt(2) for an option whose value is an `int`. */
export function getIntOption(fd: number, level: number, name: number, label: string): number {
  const value = new Int32Array(1);
  checked(
    `getsockopt ${label}`,
    native.getsockopt(fd, level, name, value, Uint32Array.of(value.byteLength)),
  );
  return value[0] ?? 0;
}

/**
 * close(2). EINTR is not an error: on Linux the descriptor is gone all the same, and closing it
 * again might hit one that another thread has just opened.
 */
export function closeDescriptor(fd: number): void {
  const EINTR = 4;
  if (native.close(fd) !== -1) return;
  const errno = lastErrno();
  if (errno !== EINTR) throw new SyscallError('close', errno);
}
