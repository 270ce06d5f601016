import { align4, NFGENMSG, NLA_TYPE_MASK, NLATTR } from '../../../netlink/constants.ts';
import { AttributeCursor, type MessageCursor } from '../../../netlink/cursor.ts';
import {
  NFULA_HWADDR,
  NFULA_HWHEADER,
  NFULA_HWTYPE,
  NFULA_L2HDR,
  NFULA_PACKET_HDR,
  NFULA_PAYLOAD,
  NFULA_PREFIX,
  NFULA_SEQ,
  NFULA_TIMESTAMP,
  NFULA_VLAN,
  NFULA_VLAN_PROTO,
  NFULA_VLAN_TCI,
  NFULNL_MSG_PACKET_HDR,
  NFULNL_MSG_PACKET_HW,
  NFULNL_MSG_PACKET_TIMESTAMP,
} from '../../../netlink/nflog-protocol.ts';
import type { BytesColumn, NumberColumn } from '../../../records/column.ts';
import type { ColumnSet } from '../../../records/column-set.ts';
import { Family } from '../../../records/protocols/ip-protocol.ts';
import { Attributes, Treatment } from './attributes.ts';
import { nflogKeys } from './keys.ts';

/** NF_NETDEV_EGRESS (linux/netfilter.h). */
const HOOK_EGRESS = 1;

/** The keys of which every row has a value, whatever its message says. */
const rowDefaults = [nflogKeys.label, nflogKeys.pktcount, nflogKeys.pktlen, nflogKeys.mark];

type NumberKey =
  | 'macLen'
  | 'type'
  | 'macAddrlen'
  | 'pktlen'
  | 'pktcount'
  | 'label'
  | 'timeSec'
  | 'timeUsec'
  | 'mark'
  | 'hook'
  | 'family'
  | 'protocol'
  | 'seqLocal'
  | 'vlanProto'
  | 'vlanTci';

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

  readonly #attributes: Attributes;
  readonly #nested = new AttributeCursor();
  /** Whether somebody reads one of `rowDefaults`. */
  readonly #hasDefaultsRead: boolean;
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
    this.#attributes = new Attributes(columns);
    this.#hasDefaultsRead = rowDefaults.some(({ name }) => columns.isRead(name));
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
      hook: columns.numbers(nflogKeys.hook),
      family: columns.numbers(nflogKeys.family),
      protocol: columns.numbers(nflogKeys.protocol),
      seqLocal: columns.numbers(nflogKeys.seqLocal),
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
    const { view, offset, end } = message;
    this.sequence = -1;
    if (end - offset < NFGENMSG.size) return false;
    const family = view.getUint8(offset);
    this.#n.family.set(row, family);
    this.#n.timeSec.set(row, this.defaults.second);
    this.#n.timeUsec.set(row, this.defaults.microsecond);
    if (this.#hasDefaultsRead) this.#setDefaults(row);
    this.#hook = -1;
    this.#payloadLength = -1;
    this.#headerLength = 0;
    this.#linkHeaderLength = 0;
    const { treatments, values, present } = this.#attributes;
    // As an AttributeCursor does it, which would have to keep in memory what stays in registers here. What
    // other modules call constants a bundle makes variables: here they are looked up once for a packet.
    const { size: header, nla_type: typeAt } = NLATTR;
    const { NONE, NUMBER, OWN } = Treatment;
    let at = offset + NFGENMSG.size;
    while (end - at >= header) {
      // Little-endian, as all that specter runs on: see assertSupportedAbi.
      const length = view.getUint16(at, true);
      if (length < header || length > end - at) break;
      const type = view.getUint16(at + typeAt, true) & NLA_TYPE_MASK;
      const treatment = type < treatments.length ? treatments[type] : NONE;
      if (treatment === OWN) {
        this.#take(row, type, view, at + header, length - header);
      } else if (treatment === NUMBER && length >= header + 4) {
        (values[type] as Uint32Array)[row] = view.getUint32(at + header);
        (present[type] as Uint8Array)[row] = 1;
      }
      // The last one may lack its padding.
      at += align4(length);
    }
    if (this.#payloadLength >= 0) this.#setPayload(row, family);
    return at >= end;
  }

  #setDefaults(row: number): void {
    const n = this.#n;
    if (this.defaults.label >= 0) n.label.set(row, this.defaults.label);
    n.pktcount.set(row, 1);
    n.pktlen.set(row, 0);
    // The kernel leaves a mark of zero out of the message: here absent does mean zero.
    n.mark.set(row, 0);
  }

  #take(row: number, type: number, view: DataView, at: number, length: number): void {
    const n = this.#n;
    switch (type) {
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
      case NFULA_SEQ:
        if (length < 4) return;
        this.sequence = view.getUint32(at);
        n.seqLocal.set(row, this.sequence);
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
