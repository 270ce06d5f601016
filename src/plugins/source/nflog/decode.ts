import { NFGENMSG } from '../../../netlink/constants.ts';
import { AttributeCursor, type MessageCursor } from '../../../netlink/cursor.ts';
import {
  NFULA_GID,
  NFULA_HWADDR,
  NFULA_HWHEADER,
  NFULA_HWTYPE,
  NFULA_IFINDEX_INDEV,
  NFULA_IFINDEX_OUTDEV,
  NFULA_IFINDEX_PHYSINDEV,
  NFULA_IFINDEX_PHYSOUTDEV,
  NFULA_L2HDR,
  NFULA_MARK,
  NFULA_PACKET_HDR,
  NFULA_PAYLOAD,
  NFULA_PREFIX,
  NFULA_SEQ,
  NFULA_SEQ_GLOBAL,
  NFULA_TIMESTAMP,
  NFULA_UID,
  NFULA_VLAN,
  NFULA_VLAN_PROTO,
  NFULA_VLAN_TCI,
  NFULNL_MSG_PACKET_HDR,
  NFULNL_MSG_PACKET_HW,
  NFULNL_MSG_PACKET_TIMESTAMP,
} from '../../../netlink/nflog-protocol.ts';
import type { BytesColumn, NumberColumn } from '../../../records/column.ts';
import type { ColumnSet } from '../../../records/column-set.ts';
import type { Key } from '../../../records/key.ts';
import { Family } from '../../../records/protocols/ip-protocol.ts';
import { nflogKeys } from './keys.ts';

/** NF_NETDEV_EGRESS (linux/netfilter.h). */
const HOOK_EGRESS = 1;

/** Room for every type there is, and some to come. */
const ATTRIBUTE_TYPES = 32;

/** The keys that an attribute is for. Those not listed are always needed. */
const attributeKeys: readonly (readonly [type: number, keys: readonly Key[]])[] = [
  [NFULA_MARK, [nflogKeys.mark]],
  [NFULA_TIMESTAMP, [nflogKeys.timeSec, nflogKeys.timeUsec]],
  [NFULA_IFINDEX_INDEV, [nflogKeys.ifindexIn]],
  [NFULA_IFINDEX_OUTDEV, [nflogKeys.ifindexOut]],
  [NFULA_IFINDEX_PHYSINDEV, [nflogKeys.ifindexPhysin]],
  [NFULA_IFINDEX_PHYSOUTDEV, [nflogKeys.ifindexPhysout]],
  [NFULA_HWADDR, [nflogKeys.macSaddr, nflogKeys.macAddrlen]],
  [NFULA_PREFIX, [nflogKeys.prefix]],
  [NFULA_UID, [nflogKeys.uid]],
  [NFULA_GID, [nflogKeys.gid]],
  [NFULA_SEQ_GLOBAL, [nflogKeys.seqGlobal]],
  [NFULA_HWTYPE, [nflogKeys.type]],
  [NFULA_HWHEADER, [nflogKeys.mac, nflogKeys.macLen]],
  [NFULA_VLAN, [nflogKeys.vlanProto, nflogKeys.vlanTci]],
];
const alwaysWanted = [NFULA_PACKET_HDR, NFULA_PAYLOAD, NFULA_SEQ, NFULA_L2HDR];

type NumberKey = Exclude<keyof typeof nflogKeys, 'mac' | 'macSaddr' | 'pkt' | 'prefix'>;

/** What a packet that says nothing else is given: the block's label, the time of its receipt. */
export interface RowDefaults {
  /** −1: none. */
  label: number;
  second: number;
  microsecond: number;
}

/**
 * Turns messages of nfnetlink_log into rows. It trusts no length: an attribute shorter than its
 * type needs is passed over, and the packet simply lacks that key.
 */
export class NflogDecoder {
  readonly defaults: RowDefaults = { label: 0, second: 0, microsecond: 0 };
  /** The packet's NFULA_SEQ, or −1 when the message has none. */
  sequence = -1;

  /** 1 for the attribute types that somebody reads a key of. */
  readonly #wanted = new Uint8Array(ATTRIBUTE_TYPES);
  readonly #attribute = new AttributeCursor();
  readonly #nested = new AttributeCursor();
  readonly #n: { readonly [key in NumberKey]: NumberColumn };
  // Of the packet being decoded. Columns must not be read back: those that nobody reads are shared.
  #hook = -1;
  #payloadOffset = 0;
  #payloadLength = -1;
  /** Length of NFULA_HWHEADER and of NFULA_L2HDR; 0 when there is none. */
  #headerLength = 0;
  #linkHeaderLength = 0;
  readonly #mac: BytesColumn;
  readonly #macSaddr: BytesColumn;
  readonly #pkt: BytesColumn;
  readonly #prefix: BytesColumn;

  constructor(columns: ColumnSet) {
    for (const type of alwaysWanted) this.#wanted[type] = 1;
    for (const [type, keys] of attributeKeys) {
      if (keys.some(({ name }) => columns.isRead(name))) this.#wanted[type] = 1;
    }
    this.#n = {
      macLen: columns.numbers(nflogKeys.macLen),
      type: columns.numbers(nflogKeys.type),
      macAddrlen: columns.numbers(nflogKeys.macAddrlen),
      pktlen: columns.numbers(nflogKeys.pktlen),
      pktcount: columns.numbers(nflogKeys.pktcount),
      label: columns.numbers(nflogKeys.label),
      timeSec: columns.numbers(nflogKeys.timeSec),
      timeUsec: columns.numbers(nflogKeys.timeUsec),
      mark: columns.numbers(nflogKeys.mark),
      ifindexIn: columns.numbers(nflogKeys.ifindexIn),
      ifindexOut: columns.numbers(nflogKeys.ifindexOut),
      ifindexPhysin: columns.numbers(nflogKeys.ifindexPhysin),
      ifindexPhysout: columns.numbers(nflogKeys.ifindexPhysout),
      hook: columns.numbers(nflogKeys.hook),
      family: columns.numbers(nflogKeys.family),
      protocol: columns.numbers(nflogKeys.protocol),
      uid: columns.numbers(nflogKeys.uid),
      gid: columns.numbers(nflogKeys.gid),
      seqLocal: columns.numbers(nflogKeys.seqLocal),
      seqGlobal: columns.numbers(nflogKeys.seqGlobal),
      vlanProto: columns.numbers(nflogKeys.vlanProto),
      vlanTci: columns.numbers(nflogKeys.vlanTci),
    };
    this.#mac = columns.bytes(nflogKeys.mac);
    this.#macSaddr = columns.bytes(nflogKeys.macSaddr);
    this.#pkt = columns.bytes(nflogKeys.pkt);
    this.#prefix = columns.bytes(nflogKeys.prefix);
  }

  /** Fills a row from an NFULNL_MSG_PACKET; false when its attributes are not well-formed. */
  decode(row: number, message: MessageCursor): boolean {
    const n = this.#n;
    const view = message.view;
    this.sequence = -1;
    if (message.end - message.offset < NFGENMSG.size) return false;
    const family = view.getUint8(message.offset);
    n.family.set(row, family);
    if (this.defaults.label >= 0) n.label.set(row, this.defaults.label);
    n.pktcount.set(row, 1);
    n.pktlen.set(row, 0);
    // The kernel leaves a mark of zero out of the message: here absent does mean zero.
    n.mark.set(row, 0);
    n.timeSec.set(row, this.defaults.second);
    n.timeUsec.set(row, this.defaults.microsecond);
    const attribute = this.#attribute.reset(view, message.offset + NFGENMSG.size, message.end);
    this.#hook = -1;
    this.#payloadLength = -1;
    this.#headerLength = 0;
    this.#linkHeaderLength = 0;
    const wanted = this.#wanted;
    while (attribute.next()) {
      const type = attribute.type;
      if (type < ATTRIBUTE_TYPES && wanted[type] === 1) this.#take(row, attribute, view);
    }
    if (this.#payloadLength >= 0) this.#setPayload(row, family);
    return !attribute.malformed;
  }

  #take(row: number, attribute: AttributeCursor, view: DataView): void {
    const n = this.#n;
    const at = attribute.offset;
    const length = attribute.length;
    switch (attribute.type) {
      case NFULA_PACKET_HDR:
        if (length < NFULNL_MSG_PACKET_HDR.size) return;
        n.protocol.set(row, view.getUint16(at + NFULNL_MSG_PACKET_HDR.hw_protocol));
        this.#hook = view.getUint8(at + NFULNL_MSG_PACKET_HDR.hook);
        n.hook.set(row, this.#hook);
        return;
      case NFULA_PAYLOAD:
        this.#payloadOffset = at;
        this.#payloadLength = length;
        return;
      case NFULA_PREFIX:
        this.#takePrefix(row, view, at, length);
        return;
      case NFULA_HWHEADER:
        this.#takeHeader(row, at, length);
        return;
      case NFULA_L2HDR:
        this.#linkHeaderLength = length;
        if (this.#headerLength === 0) this.#takeHeader(row, at, length);
        return;
      case NFULA_HWADDR:
        this.#takeSender(row, view, at, length);
        return;
      case NFULA_TIMESTAMP:
        if (length < NFULNL_MSG_PACKET_TIMESTAMP.size) return;
        // Both are 64-bit; their upper halves stay zero until 2106.
        n.timeSec.set(row, view.getUint32(at + NFULNL_MSG_PACKET_TIMESTAMP.sec + 4));
        n.timeUsec.set(row, view.getUint32(at + NFULNL_MSG_PACKET_TIMESTAMP.usec + 4));
        return;
      case NFULA_HWTYPE:
        if (length >= 2) n.type.set(row, view.getUint16(at));
        return;
      case NFULA_VLAN:
        this.#takeVlan(row, view, at, length);
        return;
      default:
        if (length >= 4) this.#takeNumber(row, attribute.type, view.getUint32(at));
    }
  }

  /** The attributes that are one 32-bit number. Types that nobody knows are passed over. */
  #takeNumber(row: number, type: number, value: number): void {
    const n = this.#n;
    switch (type) {
      case NFULA_MARK:
        n.mark.set(row, value);
        return;
      case NFULA_IFINDEX_INDEV:
        n.ifindexIn.set(row, value);
        return;
      case NFULA_IFINDEX_OUTDEV:
        n.ifindexOut.set(row, value);
        return;
      case NFULA_IFINDEX_PHYSINDEV:
        n.ifindexPhysin.set(row, value);
        return;
      case NFULA_IFINDEX_PHYSOUTDEV:
        n.ifindexPhysout.set(row, value);
        return;
      case NFULA_UID:
        n.uid.set(row, value);
        return;
      case NFULA_GID:
        n.gid.set(row, value);
        return;
      case NFULA_SEQ:
        this.sequence = value;
        n.seqLocal.set(row, value);
        return;
      case NFULA_SEQ_GLOBAL:
        n.seqGlobal.set(row, value);
        return;
    }
  }

  /** On netdev's egress hook the payload begins with the link-layer header, elsewhere behind it. */
  #setPayload(row: number, family: number): void {
    const egress = family === Family.NETDEV && this.#hook === HOOK_EGRESS;
    const header = egress ? Math.min(this.#linkHeaderLength, this.#payloadLength) : 0;
    const length = this.#payloadLength - header;
    this.#pkt.set(row, this.#payloadOffset + header, length);
    this.#n.pktlen.set(row, length);
  }

  /** The kernel ends the prefix with a NUL, which is not part of it. */
  #takePrefix(row: number, view: DataView, at: number, length: number): void {
    const terminated = length > 0 && view.getUint8(at + length - 1) === 0;
    this.#prefix.set(row, at, terminated ? length - 1 : length);
  }

  #takeHeader(row: number, at: number, length: number): void {
    if (length === 0) return;
    this.#headerLength = length;
    this.#mac.set(row, at, length);
    this.#n.macLen.set(row, length);
  }

  /** struct nfulnl_msg_packet_hw: length, padding, and room for an address of eight bytes. */
  #takeSender(row: number, view: DataView, at: number, length: number): void {
    const { hw_addrlen, hw_addr } = NFULNL_MSG_PACKET_HW;
    if (length < hw_addr) return;
    const addressLength = Math.min(view.getUint16(at + hw_addrlen), length - hw_addr);
    this.#macSaddr.set(row, at + hw_addr, addressLength);
    this.#n.macAddrlen.set(row, addressLength);
  }

  #takeVlan(row: number, view: DataView, at: number, length: number): void {
    const nested = this.#nested.reset(view, at, at + length);
    while (nested.next()) {
      if (nested.length < 2) continue;
      const value = view.getUint16(nested.offset);
      if (nested.type === NFULA_VLAN_PROTO) this.#n.vlanProto.set(row, value);
      else if (nested.type === NFULA_VLAN_TCI) this.#n.vlanTci.set(row, value);
    }
  }
}
