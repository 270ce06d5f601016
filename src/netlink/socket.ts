import { LITTLE_ENDIAN, SOCKADDR_NL } from '../libc/abi.ts';
import { EAGAIN, EBADF, EINTR, ENOBUFS, EPERM, EPROTONOSUPPORT } from '../libc/errno.ts';
import { lastErrno } from '../libc/library.ts';
import {
  AF_NETLINK,
  bind,
  closeDescriptor,
  getIntOption,
  getsockname,
  MSG_DONTWAIT,
  openSocket,
  recvmmsg,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOL_SOCKET,
  setIntOption,
} from '../libc/socket.ts';
import { SyscallError } from '../libc/syscall-error.ts';
import {
  NETLINK_ADD_MEMBERSHIP,
  NETLINK_CAP_ACK,
  NETLINK_EXT_ACK,
  NETLINK_NETFILTER,
  SOL_NETLINK,
} from './constants.ts';
import type { DatagramSource } from './datagram-source.ts';
import { HeldDatagrams } from './held-datagrams.ts';
import type { MessageBuilder } from './message.ts';
import type { ReceiveRing } from './receive-ring.ts';
import { exchange, type RequestOptions, type RequestResult } from './request.ts';
import { newCounters } from './socket-counters.ts';

/** What the kernel made of a wish for a receive buffer. */
export interface ReceiveBuffer {
  /**
   * Bytes that the kernel now charges against, as SO_RCVBUF reports them: twice the wish where it
   * was granted in full, for the kernel adds as much again for its own bookkeeping.
   */
  granted: number;
  /** Set with SO_RCVBUFFORCE; otherwise cut to the sysctl net.core.rmem_max. */
  forced: boolean;
}

/**
 * A netlink socket of this process, bound to a port id of the kernel's choice. It never blocks to
 * receive, and it lets the kernel report lost datagrams (NETLINK_NO_ENOBUFS stays off).
 */
export class NetlinkSocket implements DatagramSource {
  readonly fd: number;
  /** The address of this socket within its family and network namespace; often the process id. */
  readonly portid: number;
  readonly counters = newCounters();
  readonly #held = new HeldDatagrams();
  #sequence = 0;
  #closed = false;

  private constructor(fd: number, portid: number) {
    this.fd = fd;
    this.portid = portid;
  }

  /**
   * Opens a socket of a netlink family (NETLINK_*) in this process's network namespace.
   * Throws SyscallError.
   */
  static open(protocol: number): NetlinkSocket {
    const type = SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK;
    const fd = openSocket(AF_NETLINK, type, protocol, (errno) => openHint(errno, protocol));
    try {
      setIntOption(fd, SOL_NETLINK, NETLINK_EXT_ACK, 1, 'NETLINK_EXT_ACK');
      setIntOption(fd, SOL_NETLINK, NETLINK_CAP_ACK, 1, 'NETLINK_CAP_ACK');
      const address = new Uint8Array(new ArrayBuffer(SOCKADDR_NL.size));
      const view = new DataView(address.buffer);
      view.setUint16(SOCKADDR_NL.nl_family, AF_NETLINK, LITTLE_ENDIAN);
      bind(fd, address);
      getsockname(fd, address);
      return new NetlinkSocket(fd, view.getUint32(SOCKADDR_NL.nl_pid, LITTLE_ENDIAN));
    } catch (error) {
      closeDescriptor(fd);
      throw error;
    }
  }

  /** Joins a multicast group of the family, by number (1 …), for its notifications. */
  joinMulticast(group: number): void {
    setIntOption(this.fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group, 'NETLINK_ADD_MEMBERSHIP');
  }

  /**
   * Asks for a receive buffer of `bytes`: beyond net.core.rmem_max where the process has
   * CAP_NET_ADMIN in the first user namespace, up to that limit otherwise.
   */
  setReceiveBuffer(bytes: number): ReceiveBuffer {
    const forced = this.#forceReceiveBuffer(bytes);
    if (!forced) setIntOption(this.fd, SOL_SOCKET, SO_RCVBUF, bytes, 'SO_RCVBUF');
    return { granted: getIntOption(this.fd, SOL_SOCKET, SO_RCVBUF, 'SO_RCVBUF'), forced };
  }

  #forceReceiveBuffer(bytes: number): boolean {
    try {
      setIntOption(this.fd, SOL_SOCKET, SO_RCVBUFFORCE, bytes, 'SO_RCVBUFFORCE');
      return true;
    } catch (error) {
      if (error instanceof SyscallError && error.errno === EPERM) return false;
      throw error;
    }
  }

  /**
   * Sends a request and waits for its end: an acknowledgement (NLM_F_ACK) or the end of a dump
   * (NLM_F_DUMP). Throws NetlinkError when the kernel refuses or does not answer in time, and
   * SyscallError when the socket fails.
   *
   * Datagrams that arrive meanwhile and are not answers are kept; `receive` returns them first.
   */
  request(message: MessageBuilder, options: RequestOptions): RequestResult {
    this.#assertOpen();
    // 0 is what the kernel puts into messages that nobody asked for.
    this.#sequence = (this.#sequence % 0x7fffffff) + 1;
    const bytes = message.finish(this.#sequence, this.portid);
    return exchange(this, bytes, this.#sequence, this.#held, this.counters, options);
  }

  receive(ring: ReceiveRing, limit: number = ring.slots): number {
    this.#assertOpen();
    if (this.#held.size > 0) return this.#receiveHeld(ring, limit);
    for (;;) {
      const count = recvmmsg(this.fd, ring.headers, limit, MSG_DONTWAIT, null);
      if (count >= 0) {
        ring.complete(count, this.counters);
        return count;
      }
      const errno = lastErrno();
      if (errno === EAGAIN) return 0;
      if (errno === ENOBUFS) this.counters.overruns++;
      else if (errno !== EINTR) throw new SyscallError('recvmmsg', errno);
    }
  }

  putBack(datagrams: readonly Uint8Array[]): void {
    this.#held.unshift(datagrams);
    // They will be counted again.
    this.counters.datagrams -= datagrams.length;
  }

  #receiveHeld(ring: ReceiveRing, limit: number): number {
    let count = 0;
    while (count < limit) {
      const datagram = this.#held.shift();
      if (!datagram) break;
      ring.put(count, datagram);
      count++;
    }
    ring.complete(count, this.counters);
    return count;
  }

  /** The descriptor's number may belong to somebody else once this is closed. */
  #assertOpen(): void {
    if (this.#closed) throw new SyscallError('netlink socket', EBADF, 'it was closed before');
  }

  /**
   * Closes the socket; the kernel ends all that was bound to it. Where a poll still waits on it,
   * that happens only when the poll returns: remove it from its ReceiveLoop first.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeDescriptor(this.fd);
  }
}

function openHint(errno: number, protocol: number): string | undefined {
  if (errno !== EPROTONOSUPPORT) return undefined;
  return protocol === NETLINK_NETFILTER
    ? 'the kernel lacks nfnetlink: try `modprobe nfnetlink`'
    : 'the kernel lacks this netlink family';
}
