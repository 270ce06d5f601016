import { LITTLE_ENDIAN, SOCKADDR_NL } from '../libc/abi.ts';
import { EAGAIN, EINTR, ENOBUFS } from '../libc/errno.ts';
import { lastErrno } from '../libc/library.ts';
import { MSG_DONTWAIT, MSG_PEEK, MSG_TRUNC, recvfrom } from '../libc/socket.ts';
import { SyscallError } from '../libc/syscall-error.ts';
import type { SocketCounters } from './socket-counters.ts';

/** Receives datagrams one by one, each into memory of its own and of its size. */
export class Inbox {
  /** The kernel reported lost datagrams since this was last set to false. */
  overrun = false;
  readonly #fd: number;
  readonly #counters: SocketCounters;
  readonly #probe = new Uint8Array(new ArrayBuffer(1));
  readonly #sender = new DataView(new ArrayBuffer(SOCKADDR_NL.size));
  readonly #senderBytes = new Uint8Array(this.#sender.buffer);
  readonly #senderLength = new Uint32Array(1);

  constructor(fd: number, counters: SocketCounters) {
    this.#fd = fd;
    this.#counters = counters;
  }

  /** The next datagram from the kernel, undefined when none is there. */
  receive(): Uint8Array | undefined {
    for (;;) {
      const size = this.#recvfrom(this.#probe, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);
      if (size < 0) return undefined;
      const datagram = new Uint8Array(size);
      this.#recvfrom(datagram, MSG_DONTWAIT);
      if (this.#sender.getUint32(SOCKADDR_NL.nl_pid, LITTLE_ENDIAN) === 0) return datagram;
      this.#counters.datagrams++;
      this.#counters.foreign++;
    }
  }

  #recvfrom(bytes: Uint8Array, flags: number): number {
    for (;;) {
      this.#senderLength[0] = SOCKADDR_NL.size;
      const length = recvfrom(
        this.#fd,
        bytes,
        bytes.length,
        flags,
        this.#senderBytes,
        this.#senderLength,
      );
      if (length >= 0) return length;
      const errno = lastErrno();
      if (errno === EAGAIN) return -1;
      if (errno === ENOBUFS) {
        this.overrun = true;
        this.#counters.overruns++;
      } else if (errno !== EINTR) {
        throw new SyscallError('recvfrom', errno);
      }
    }
  }
}
