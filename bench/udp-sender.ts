import koffi from 'koffi';
import { checked, libc } from '../src/libc/library.ts';

const socket = libc.func('int socket(int domain, int type, int protocol)');
const bind = libc.func('int bind(int fd, const void *address, uint32_t length)');
const connect = libc.func('int connect(int fd, const void *address, uint32_t length)');
const sendmmsg = libc.func('int sendmmsg(int fd, void *messages, unsigned int count, int flags)');

/** linux/socket.h */
const AF_INET = 2;
const SOCK_DGRAM = 2;

/** sizeof(struct mmsghdr) and the offsets of msg_iov and msg_iovlen in it, on LP64. */
const mmsghdr = { size: 64, iov: 16, iovLength: 24 } as const;

const iovecSize = 16;

/** Datagrams for each system call: more gain nothing, as the kernel's work outweighs the call. */
export const batchSize = 64;

const ipAndUdpHeader = 28;

/** Sends UDP datagrams over the loopback interface as fast as one core can. */
export class UdpSender {
  readonly #sockets: readonly number[];
  /**
   * Message headers, then the one iovec they all point to, then the payload. Being one buffer,
   * whatever the kernel follows an address to stays alive with it.
   */
  readonly #messages: Buffer;
  #next = 0;

  /**
   * @param port destination port on 127.0.0.1
   * @param size bytes of the whole IP packet, 28–65535
   * @param flows how many source ports take turns, one batch each
   * @throws SyscallError
   */
  constructor(port: number, size: number, flows: number) {
    const iov = batchSize * mmsghdr.size;
    const payload = iov + iovecSize;
    const payloadLength = size - ipAndUdpHeader;
    this.#messages = Buffer.alloc(payload + payloadLength);
    const address = koffi.address(this.#messages);
    this.#messages.writeBigUInt64LE(address + BigInt(payload), iov);
    this.#messages.writeBigUInt64LE(BigInt(payloadLength), iov + 8);
    for (let at = 0; at < iov; at += mmsghdr.size) {
      this.#messages.writeBigUInt64LE(address + BigInt(iov), at + mmsghdr.iov);
      this.#messages.writeBigUInt64LE(1n, at + mmsghdr.iovLength);
    }
    this.#sockets = Array.from({ length: flows }, () => connectedSocket(port));
  }

  /** Sends up to `count` datagrams, at most {@link batchSize}; returns how many the kernel took. */
  send(count: number): number {
    const fd = this.#sockets[this.#next] ?? -1;
    this.#next = (this.#next + 1) % this.#sockets.length;
    return checked('sendmmsg', sendmmsg(fd, this.#messages, Math.min(count, batchSize), 0));
  }
}

function connectedSocket(port: number): number {
  const fd = checked('socket', socket(AF_INET, SOCK_DGRAM, 0));
  const anyPort = loopback(0);
  checked('bind 127.0.0.1', bind(fd, anyPort, anyPort.length));
  const destination = loopback(port);
  checked(`connect 127.0.0.1:${port}`, connect(fd, destination, destination.length));
  return fd;
}

/** struct sockaddr_in */
function loopback(port: number): Buffer {
  const address = Buffer.alloc(16);
  address.writeUInt16LE(AF_INET, 0);
  address.writeUInt16BE(port, 2);
  address.set([127, 0, 0, 1], 4);
  return address;
}
