const { constants } = require('node:os');
const { getSystemErrorMap } = require('node:util');
const koffi = require('koffi');

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_SNDTIMEO = 21;
const MSG_NOSIGNAL = 0x4000;

const { EAGAIN, EINTR, EMSGSIZE, ENAMETOOLONG } = constants.errno;

/** `struct sockaddr_un` (unix(7)): a family of two bytes, then at most this many with the NUL. */
const PATH_SIZE = 108;

const libc = koffi.load(null);
const timeval = koffi.struct({ tv_sec: 'long', tv_usec: 'long' });
const native = {
  socket: libc.func('int socket(int domain, int type, int protocol)'),
  connect: libc.func('int connect(int fd, const void *address, uint32_t length)'),
  setsockopt: libc.func('setsockopt', 'int', [
    'int',
    'int',
    'int',
    koffi.pointer(timeval),
    'uint32_t',
  ]),
  send: libc.func('long send(int fd, const void *bytes, size_t length, int flags)'),
  close: libc.func('int close(int fd)'),
};

/**
 * A connection to the socket of a log daemon, made when it is needed and again when the daemon was
 * restarted.
 */
class LogSocket {
  #path;
  #address;
  #timeout;
  #fd = -1;

  /**
   * @param {string} path of a SOCK_DGRAM socket
   * @param {number} timeout ms that `send` may wait while the daemon's queue is full; 0: for ever
   */
  constructor(path, timeout) {
    this.#path = path;
    this.#address = unixAddress(path);
    this.#timeout = timeout;
  }

  /** Connects unless it is connected. */
  connect() {
    if (this.#fd !== -1) return;
    const fd = native.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd === -1) throw systemError('socket', this.#path, koffi.errno());
    const failed = this.#prepare(fd);
    if (failed) {
      native.close(fd);
      throw failed;
    }
    this.#fd = fd;
  }

  /** Sends a datagram: all of it or, with an error, nothing. */
  send(bytes) {
    const wasConnected = this.#fd !== -1;
    this.connect();
    let errno = this.#trySend(bytes);
    if (errno !== 0 && wasConnected && !isKeptConnection(errno)) {
      // The daemon may have been restarted since: what listens now has another socket.
      this.close();
      this.connect();
      errno = this.#trySend(bytes);
    }
    if (errno === 0) return;
    if (!isKeptConnection(errno)) this.close();
    throw systemError('send', this.#path, errno);
  }

  close() {
    if (this.#fd === -1) return;
    native.close(this.#fd);
    this.#fd = -1;
  }

  /** Returns what failed, if anything did. */
  #prepare(fd) {
    const seconds = Math.floor(this.#timeout / 1000);
    const value = { tv_sec: seconds, tv_usec: Math.round((this.#timeout % 1000) * 1000) };
    if (native.setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, value, koffi.sizeof(timeval)) === -1) {
      return systemError('setsockopt SO_SNDTIMEO', this.#path, koffi.errno());
    }
    if (native.connect(fd, this.#address, this.#address.length) === -1) {
      return systemError('connect', this.#path, koffi.errno());
    }
    return undefined;
  }

  /** Returns errno, or 0. */
  #trySend(bytes) {
    for (;;) {
      if (native.send(this.#fd, bytes, bytes.length, MSG_NOSIGNAL) !== -1) return 0;
      const errno = koffi.errno();
      if (errno !== EINTR) return errno;
    }
  }
}

/** Errors that say nothing about the connection: a full queue, a message that is too long. */
const isKeptConnection = (errno) => errno === EAGAIN || errno === EMSGSIZE;

function unixAddress(path) {
  const name = Buffer.from(`${path}\0`);
  if (name.length > PATH_SIZE) throw systemError('connect', path, ENAMETOOLONG);
  const family = Buffer.from(Uint16Array.of(AF_UNIX).buffer); // host byte order
  return Buffer.concat([family, name]);
}

/** An Error as Node's own modules throw it: `code`, `errno` (negative), `syscall`, `path`. */
function systemError(syscall, path, errno) {
  const [code, text] = getSystemErrorMap().get(-errno) ?? [`errno ${errno}`, 'unknown error'];
  const error = new Error(`${code}: ${text}, ${syscall} '${path}'`);
  return Object.assign(error, { code, errno: -errno, syscall, path });
}

module.exports = { LogSocket };
