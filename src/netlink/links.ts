import { LITTLE_ENDIAN } from '../libc/abi.ts';
import { NETLINK_ROUTE, NLM_F_DUMP, NLM_F_REQUEST } from './constants.ts';
import { AttributeCursor, MessageCursor } from './cursor.ts';
import { MessageBuilder } from './message.ts';
import { ReceiveRing } from './receive-ring.ts';
import { NetlinkSocket } from './socket.ts';
import type { SocketCounters } from './socket-counters.ts';

/** linux/rtnetlink.h, linux/if_link.h. */
const RTM_NEWLINK = 16;
const RTM_GETLINK = 18;
const RTNLGRP_LINK = 1;
const IFLA_IFNAME = 3;
const IFLA_EXT_MASK = 29;
const RTEXT_FILTER_SKIP_STATS = 8;
/** `struct ifinfomsg`: family, padding, u16 type, s32 index, u32 flags, u32 change mask. */
const IFINFOMSG = { size: 16, ifi_index: 4 } as const;

/** A list that changes while it is read is read again, this often at most. */
const DUMP_ATTEMPTS = 5;

/**
 * The names of the network interfaces of this process's network namespace, by index, kept up to
 * date from the kernel's notifications without a system call for each look-up.
 *
 * An interface that is gone keeps its name until the kernel gives its index to another one:
 * packets that it received may still be on their way here.
 */
export class LinkTable {
  readonly #socket: NetlinkSocket;
  // A ring of its own: a look-up may come from within the processing of the shared one.
  readonly #ring = new ReceiveRing({ slots: 4, slotSize: 32 << 10 });
  readonly #message = new MessageCursor();
  readonly #attribute = new AttributeCursor();
  readonly #names = new Map<number, Buffer>();
  /** Indexes looked up in vain since the last notification. */
  readonly #unknown = new Set<number>();
  #revision = 0;

  private constructor(socket: NetlinkSocket) {
    this.#socket = socket;
  }

  /** Reads the list of interfaces and subscribes to changes. Throws NetlinkError, SyscallError. */
  static open(): LinkTable {
    const socket = NetlinkSocket.open(NETLINK_ROUTE);
    try {
      const table = new LinkTable(socket);
      // Subscribed first, so that no change falls between the list and the notifications.
      socket.joinMulticast(RTNLGRP_LINK);
      table.#dump();
      return table;
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  /** For a ReceiveLoop, with `update` as its drain. */
  get fd(): number {
    return this.#socket.fd;
  }

  get counters(): Readonly<SocketCounters> {
    return this.#socket.counters;
  }

  /** Changes whenever a name does: what was looked up before holds as long as this is the same. */
  get revision(): number {
    return this.#revision;
  }

  /**
   * Name of the interface with this index, undefined when there never was one. Without a NUL, as
   * raw bytes: the kernel takes any byte but `/`, NUL and white space, so that a name need not be
   * valid UTF-8. Must not be changed.
   */
  bytes(index: number): Buffer | undefined {
    const name = this.#names.get(index);
    if (name || index === 0 || this.#unknown.has(index)) return name;
    // A packet may overtake the loop's turn for the notification of its brand-new interface.
    this.update();
    const found = this.#names.get(index);
    if (!found) this.#unknown.add(index);
    return found;
  }

  /** Takes in the notifications that are waiting; returns how many datagrams they were. */
  update(): number {
    const { overruns, truncated } = this.#socket.counters;
    const count = this.#receive();
    // What was lost can only be found by reading the list again.
    const { counters } = this.#socket;
    if (counters.overruns !== overruns || counters.truncated !== truncated) this.#dump();
    return count;
  }

  close(): void {
    this.#socket.close();
  }

  #receive(): number {
    let total = 0;
    for (;;) {
      const count = this.#socket.receive(this.#ring);
      for (let slot = 0; slot < count; slot++) {
        const start = slot * this.#ring.slotSize;
        const end = start + (this.#ring.lengths[slot] ?? 0);
        this.#message.reset(this.#ring.view, start, end);
        while (this.#message.next()) this.#learn(this.#message);
      }
      total += count;
      if (count < this.#ring.slots) return total;
    }
  }

  #dump(): void {
    const filter = new MessageBuilder(RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP)
      .header(new Uint8Array(IFINFOMSG.size))
      .host32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    const options = {
      operation: 'list network interfaces',
      onReply: (message: MessageCursor) => this.#learn(message),
    };
    for (let attempt = 1; attempt <= DUMP_ATTEMPTS; attempt++) {
      if (!this.#socket.request(filter, options).interrupted) return;
    }
    // Still changing: the notifications, which are kept meanwhile, complete what was read.
  }

  #learn(message: MessageCursor): void {
    const attributes = message.offset + IFINFOMSG.size;
    if (message.type !== RTM_NEWLINK || attributes > message.end) return;
    const index = message.view.getInt32(message.offset + IFINFOMSG.ifi_index, LITTLE_ENDIAN);
    const attribute = this.#attribute.reset(message.view, attributes, message.end);
    while (attribute.next()) {
      if (attribute.type !== IFLA_IFNAME) continue;
      const { buffer, byteOffset } = message.view;
      const value = Buffer.from(buffer, byteOffset + attribute.offset, attribute.length);
      const nul = value.indexOf(0);
      this.#setName(index, nul === -1 ? value : value.subarray(0, nul));
      return;
    }
  }

  #setName(index: number, bytes: Buffer): void {
    if (this.#names.get(index)?.equals(bytes)) return;
    // A copy: the value lies in the ring.
    this.#names.set(index, Buffer.from(bytes));
    this.#unknown.clear();
    this.#revision++;
  }
}
