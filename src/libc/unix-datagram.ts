import { closeSync } from 'node:fs';
import { constants } from 'node:os';
import { checked, libc } from './library.ts';
import { SyscallError } from './syscall-error.ts';

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_SNDTIMEO = 21;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;

/** `sizeof(sa_family_t)`: where `sun_path` begins in `struct sockaddr_un` (unix(7)). */
const PATH_OFFSET = 2;
/** `sizeof(((struct sockaddr_un *)0)->sun_path)`. */
const PATH_SIZE = 108;

const socket = libc.func('int socket(int domain, int type, int protocol)');
const setsockopt = libc.func(
  'int setsockopt(int fd, int level, int name, const void *value, uint32_t length)',
);
const sendto = libc.func(
  'long sendto(int fd, const void *data, size_t length, int flags, const void *address, uint32_t addressLength)',
);

/**
 * Sends one datagram to a unix socket.
 *
 * @param path of the socket; a leading `@` names one in Linux's abstract namespace
 * @param patience ms to wait while the receiver's queue is full; 0 does not wait. Default: any time
 * @throws SyscallError ENOENT or ECONNREFUSED when nobody listens there, ENAMETOOLONG, EAGAIN when the
 *   queue stayed full
 */
export function sendUnixDatagram(path: string, data: Uint8Array, patience?: number): void {
  const operation = `sendto ${path}`;
  const address = unixAddress(path, operation);
  const fd = checked('socket AF_UNIX', socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  try {
    if (patience !== undefined && patience > 0) limitWait(fd, patience);
    const flags = MSG_NOSIGNAL | (patience === 0 ? MSG_DONTWAIT : 0);
    checked(operation, sendto(fd, data, data.length, flags, address, address.length));
  } finally {
    closeSync(fd);
  }
}

function limitWait(fd: number, milliseconds: number): void {
  // `struct timeval` of 64-bit machines: seconds, microseconds.
  const seconds = Math.floor(milliseconds / 1000);
  const rest = Math.round((milliseconds % 1000) * 1000);
  const timeval = BigInt64Array.of(BigInt(seconds), BigInt(rest));
  const result = setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, timeval, timeval.byteLength);
  checked('setsockopt SO_SNDTIMEO', result);
}

/** `struct sockaddr_un`; only as long as it needs to be, since an abstract name may end in NULs. */
function unixAddress(path: string, operation: string): Buffer {
  const name = Buffer.from(path);
  if (name.length >= PATH_SIZE) throw new SyscallError(operation, constants.errno.ENAMETOOLONG);
  const isAbstract = path.startsWith('@');
  const address = Buffer.alloc(PATH_OFFSET + name.length + (isAbstract ? 0 : 1));
  address.set(new Uint8Array(Uint16Array.of(AF_UNIX).buffer)); // host byte order
  name.copy(address, PATH_OFFSET);
  if (isAbstract) address[PATH_OFFSET] = 0;
  return address;
}
