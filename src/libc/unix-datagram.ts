import { closeSync } from 'node:fs';
import { constants } from 'node:os';
import { checked, libc } from './library.ts';
import { SyscallError } from './syscall-error.ts';

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const MSG_NOSIGNAL = 0x4000;

/** `sizeof(sa_family_t)`: where `sun_path` begins in `struct sockaddr_un` (unix(7)). */
const PATH_OFFSET = 2;
/** `sizeof(((struct sockaddr_un *)0)->sun_path)`. */
const PATH_SIZE = 108;

const socket = libc.func('int socket(int domain, int type, int protocol)');
const sendto = libc.func(
  'long sendto(int fd, const void *data, size_t length, int flags, const void *address, uint32_t addressLength)',
);

/**
 * Sends one datagram to a unix socket, and waits while the receiver's queue is full.
 *
 * @param path of the socket; a leading `@` names one in Linux's abstract namespace
 * @throws SyscallError ENOENT or ECONNREFUSED when nobody listens there, ENAMETOOLONG
 */
export function sendUnixDatagram(path: string, data: Buffer): void {
  const operation = `sendto ${path}`;
  const address = unixAddress(path, operation);
  const fd = checked('socket AF_UNIX', socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  try {
    checked(operation, sendto(fd, data, data.length, MSG_NOSIGNAL, address, address.length));
  } finally {
    closeSync(fd);
  }
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
