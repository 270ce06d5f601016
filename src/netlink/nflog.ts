import { EBUSY, EINVAL, ENODEV, ENOENT, EOPNOTSUPP, EPERM } from '../libc/errno.ts';
import { NETLINK_NETFILTER, NLM_F_ACK, NLM_F_REQUEST } from './constants.ts';
import type { DatagramSource } from './datagram-source.ts';
import { NetlinkError } from './error.ts';
import { MessageBuilder } from './message.ts';
import { checkNflogOptions, type NflogOptions, putNflogOptions } from './nflog-options.ts';
import { describeOwner, findGroupOwner } from './nflog-owner.ts';
import {
  NFULA_CFG_CMD,
  NFULA_CFG_FLAGS,
  NFULNL_CFG_CMD_BIND,
  NFULNL_CFG_CMD_UNBIND,
  NFULNL_CFG_F_SEQ,
  NFULNL_CFG_F_SEQ_GLOBAL,
  NFULNL_MSG_CONFIG,
} from './nflog-protocol.ts';
import type { ReceiveRing } from './receive-ring.ts';
import { NetlinkSocket, type ReceiveBuffer } from './socket.ts';
import type { SocketCounters } from './socket-counters.ts';

const AF_UNSPEC = 0;

export interface NflogOpenOptions extends NflogOptions {
  /** Bytes of receive buffer to ask for; see NetlinkSocket.setReceiveBuffer. Default: the system's. */
  receiveBuffer?: number | undefined;
}

/**
 * One NFLOG group, bound by a socket of its own: the source of the datagrams that carry the packets
 * logged to it, each packet with a local and a global sequence number. The local number grows by
 * one a packet, so that gaps are an exact count of what was lost on the way here.
 */
export class NflogGroup implements DatagramSource {
  /** 0–65535. */
  readonly group: number;
  readonly #socket: NetlinkSocket;
  #receiveBuffer: ReceiveBuffer | undefined;

  private constructor(group: number, socket: NetlinkSocket) {
    this.group = group;
    this.#socket = socket;
  }

  /**
   * Binds a group in this process's network namespace, with all its options in one request, so
   * that no packet is logged with others.
   *
   * Never takes a group from another process: it fails with EBUSY and says who has it.
   *
   * The protocol families are left alone. Binding them (NFULNL_CFG_CMD_PF_BIND, ulogd's `bind`)
   * is not needed since rules name their logger, and both it and PF_UNBIND change where the whole
   * machine logs what no rule asked for, such as conntrack's invalid packets.
   *
   * Throws RangeError for options out of range, NetlinkError, SyscallError.
   */
  static open(group: number, options: NflogOpenOptions = {}): NflogGroup {
    if (!Number.isInteger(group) || group < 0 || group > 0xffff) {
      throw new RangeError(`NFLOG group ${group}; 0 to 65535 are possible`);
    }
    checkNflogOptions(options);
    const socket = NetlinkSocket.open(NETLINK_NETFILTER);
    try {
      const bound = new NflogGroup(group, socket);
      bound.#setReceiveBuffer(options);
      bindGroup(socket, group, options);
      return bound;
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  get fd(): number {
    return this.#socket.fd;
  }

  get portid(): number {
    return this.#socket.portid;
  }

  get counters(): Readonly<SocketCounters> {
    return this.#socket.counters;
  }

  /** What became of the `receiveBuffer` last asked for; undefined when none was. */
  get receiveBuffer(): ReceiveBuffer | undefined {
    return this.#receiveBuffer;
  }

  receive(ring: ReceiveRing, limit?: number): number {
    return this.#socket.receive(ring, limit);
  }

  putBack(datagrams: readonly Uint8Array[]): void {
    this.#socket.putBack(datagrams);
  }

  /** Changes the options that are given, for packets from now on; packets meanwhile are kept. */
  reconfigure(options: NflogOpenOptions): void {
    checkNflogOptions(options);
    this.#setReceiveBuffer(options);
    const message = configRequest(this.group);
    putNflogOptions(message, options);
    const operation = `configure NFLOG group ${this.group}`;
    try {
      this.#socket.request(message, { operation });
    } catch (error) {
      if (!(error instanceof NetlinkError && error.errno === EPERM)) throw error;
      const { errno, kernelMessage } = error;
      const hint = 'it takes CAP_NET_ADMIN: restart, or keep that capability (keepcaps net_admin)';
      throw new NetlinkError({ operation, errno, kernelMessage, hint }, { cause: error });
    }
  }

  /**
   * Gives the group back. What the kernel had collected for it arrives before this returns, for
   * the last calls of `receive`.
   */
  unbind(): void {
    const message = configRequest(this.group).u8(NFULA_CFG_CMD, NFULNL_CFG_CMD_UNBIND);
    const operation = `unbind NFLOG group ${this.group}`;
    this.#socket.request(message, { operation, doneErrno: ENODEV });
  }

  /** Closes the socket, which gives the group back too; what was not received by then is lost. */
  close(): void {
    this.#socket.close();
  }

  #setReceiveBuffer({ receiveBuffer }: NflogOpenOptions): void {
    if (receiveBuffer === undefined) return;
    this.#receiveBuffer = this.#socket.setReceiveBuffer(receiveBuffer);
  }
}

function configRequest(group: number): MessageBuilder {
  return new MessageBuilder(NFULNL_MSG_CONFIG, NLM_F_REQUEST | NLM_F_ACK).nfgenmsg(
    AF_UNSPEC,
    group,
  );
}

function bindGroup(socket: NetlinkSocket, group: number, options: NflogOptions): void {
  const message = configRequest(group)
    .u8(NFULA_CFG_CMD, NFULNL_CFG_CMD_BIND)
    .be16(NFULA_CFG_FLAGS, NFULNL_CFG_F_SEQ | NFULNL_CFG_F_SEQ_GLOBAL);
  putNflogOptions(message, options);
  const operation = `bind NFLOG group ${group}`;
  try {
    socket.request(message, { operation, doneErrno: EBUSY });
  } catch (error) {
    throw error instanceof NetlinkError ? explain(error, group, operation) : error;
  }
}

/** The same failure with what the user can do about it. */
function explain(error: NetlinkError, group: number, operation: string): NetlinkError {
  const { errno, kernelMessage } = error;
  const cause = { cause: error };
  switch (errno) {
    case EPERM: {
      // The kernel answers EPERM both for a group in use and for want of CAP_NET_ADMIN.
      const owner = findGroupOwner(group);
      if (owner) {
        const holder =
          owner.pid === process.pid ? 'this process' : `another process (${describeOwner(owner)})`;
        const reason = `group ${group} is already bound by ${holder}`;
        const hint = 'one process at a time can have a group';
        return new NetlinkError({ operation, errno: EBUSY, reason, hint }, cause);
      }
      const hint = 'run as root or with CAP_NET_ADMIN';
      return new NetlinkError({ operation, errno, kernelMessage, hint }, cause);
    }
    case ENOENT:
    case EINVAL:
    case EOPNOTSUPP: {
      const hint = 'the kernel seems to lack nfnetlink_log: try `modprobe nfnetlink_log`';
      return new NetlinkError({ operation, errno, kernelMessage, hint }, cause);
    }
    default:
      return error;
  }
}
