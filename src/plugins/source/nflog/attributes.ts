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
} from '../../../netlink/nflog-protocol.ts';
import type { ColumnSet } from '../../../records/column-set.ts';
import type { Key } from '../../../records/key.ts';
import { nflogKeys } from './keys.ts';

/** Room for every type there is, and some to come. */
const ATTRIBUTE_TYPES = 32;

/**
 * What is done with an attribute: nothing, for want of a reader; its one 32-bit number goes to a
 * column; or the decoder has code of its own for it.
 */
export const Treatment = { NONE: 0, NUMBER: 1, OWN: 2 } as const;

const numberKeys: readonly (readonly [type: number, key: Key])[] = [
  [NFULA_MARK, nflogKeys.mark],
  [NFULA_IFINDEX_INDEV, nflogKeys.ifindexIn],
  [NFULA_IFINDEX_OUTDEV, nflogKeys.ifindexOut],
  [NFULA_IFINDEX_PHYSINDEV, nflogKeys.ifindexPhysin],
  [NFULA_IFINDEX_PHYSOUTDEV, nflogKeys.ifindexPhysout],
  [NFULA_UID, nflogKeys.uid],
  [NFULA_GID, nflogKeys.gid],
  [NFULA_SEQ_GLOBAL, nflogKeys.seqGlobal],
];

const otherKeys: readonly (readonly [type: number, keys: readonly Key[]])[] = [
  [NFULA_TIMESTAMP, [nflogKeys.timeSec, nflogKeys.timeUsec]],
  [NFULA_HWADDR, [nflogKeys.macSaddr, nflogKeys.macAddrlen]],
  [NFULA_PREFIX, [nflogKeys.prefix]],
  [NFULA_HWTYPE, [nflogKeys.type]],
  [NFULA_HWHEADER, [nflogKeys.mac, nflogKeys.macLen]],
  [NFULA_VLAN, [nflogKeys.vlanProto, nflogKeys.vlanTci]],
];

/** Needed whatever is read: to count losses, and to find where the packet begins. */
const alwaysNeeded = [NFULA_PACKET_HDR, NFULA_PAYLOAD, NFULA_SEQ, NFULA_L2HDR];

/** What a block does with the attributes of its messages; all arrays are indexed by their types. */
export class Attributes {
  readonly treatments = new Uint8Array(ATTRIBUTE_TYPES);
  /** The arrays of the columns of those that are numbers. */
  readonly values: readonly Uint32Array[];
  readonly present: readonly Uint8Array[];

  constructor(columns: ColumnSet) {
    const nowhere = columns.numbers(nflogKeys.mark);
    const values = Array.from({ length: ATTRIBUTE_TYPES }, () => nowhere.values);
    const present = Array.from({ length: ATTRIBUTE_TYPES }, () => nowhere.present);
    const isRead = ({ name }: Key) => columns.isRead(name);
    for (const type of alwaysNeeded) this.treatments[type] = Treatment.OWN;
    for (const [type, keys] of otherKeys) {
      if (keys.some(isRead)) this.treatments[type] = Treatment.OWN;
    }
    for (const [type, key] of numberKeys) {
      if (!isRead(key)) continue;
      const column = columns.numbers(key);
      this.treatments[type] = Treatment.NUMBER;
      values[type] = column.values;
      present[type] = column.present;
    }
    this.values = values;
    this.present = present;
  }
}
