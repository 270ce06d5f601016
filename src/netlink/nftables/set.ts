import { LITTLE_ENDIAN } from '../../libc/abi.ts';
import { ENOENT } from '../../libc/errno.ts';
import { align4, NFGENMSG, NLM_F_ACK, NLM_F_REQUEST } from '../constants.ts';
import { AttributeCursor, type MessageCursor } from '../cursor.ts';
import { NetlinkError } from '../error.ts';
import { MessageBuilder } from '../message.ts';
import type { NetlinkSocket } from '../socket.ts';
import { type DataType, fieldTypes } from './data-types.ts';
import {
  type Family,
  families,
  NFT_MSG_GETSET,
  NFT_MSG_GETTABLE,
  NFT_MSG_NEWSET,
  NFT_SET_CONSTANT,
  NFT_SET_INTERVAL,
  NFT_SET_MAP,
  NFT_SET_OBJECT,
  NFT_SET_TIMEOUT,
  NFTA_SET_DESC,
  NFTA_SET_DESC_SIZE,
  NFTA_SET_FLAGS,
  NFTA_SET_KEY_LEN,
  NFTA_SET_KEY_TYPE,
  NFTA_SET_NAME,
  NFTA_SET_TABLE,
  NFTA_SET_TIMEOUT,
  NFTA_SET_USERDATA,
  NFTA_TABLE_NAME,
} from './protocol.ts';

/** nft's notes in NFTA_SET_USERDATA: type, length, value (libnftnl/udata.h). */
const NFTNL_UDATA_SET_KEYBYTEORDER = 0;
/** `enum byteorder` of nftables. */
const BYTEORDER_HOST_ENDIAN = 1;

/** What names a set: `inet filter banned`. */
export interface SetName {
  readonly family: Family;
  readonly table: string;
  readonly set: string;
}

/** A set as the kernel describes it. */
export interface NftSet {
  readonly name: SetName;
  /** The types of its elements' fields; undefined when nft's number for them is unknown here. */
  readonly fields: readonly DataType[] | undefined;
  /** Bytes of an element's key: each field padded to four, but for the only one of a plain set. */
  readonly keyLength: number;
  readonly isMap: boolean;
  /** Its elements can only be given when it is made. */
  readonly isConstant: boolean;
  readonly isInterval: boolean;
  /** Its elements may have timeouts. */
  readonly hasTimeout: boolean;
  /** Milliseconds that an element stays which does not say otherwise; 0: for good. */
  readonly timeoutMs: number;
  /** Most elements allowed; 0: no limit. */
  readonly size: number;
}

export const formatSetName = ({ family, table, set }: SetName): string =>
  `${family} ${table} ${set}`;

/**
 * Looks a set up. Throws NetlinkError when the kernel refuses, and SyscallError.
 *
 * @returns what is missing where the set is not there
 */
export function findSet(socket: NetlinkSocket, name: SetName): NftSet | 'no table' | 'no set' {
  const family = families[name.family];
  let found: NftSet | undefined;
  const request = new MessageBuilder(NFT_MSG_GETSET, NLM_F_REQUEST | NLM_F_ACK)
    .nfgenmsg(family, 0)
    .text(NFTA_SET_TABLE, name.table)
    .text(NFTA_SET_NAME, name.set);
  const done = ask(socket, request, `look up set ${formatSetName(name)}`, (message) => {
    if (message.type === NFT_MSG_NEWSET) found = readSet(name, message);
  });
  if (done && found) return found;
  const table = new MessageBuilder(NFT_MSG_GETTABLE, NLM_F_REQUEST | NLM_F_ACK)
    .nfgenmsg(family, 0)
    .text(NFTA_TABLE_NAME, name.table);
  const hasTable = ask(socket, table, `look up table ${name.family} ${name.table}`);
  return hasTable ? 'no set' : 'no table';
}

/** Whether what was made for the one works for the other: all is the same but their size. */
export const isSameKind = (one: NftSet, other: NftSet): boolean => kindOf(one) === kindOf(other);

const kindOf = (set: NftSet): string => JSON.stringify({ ...set, size: 0 });

/** False when there is no such thing. */
function ask(
  socket: NetlinkSocket,
  request: MessageBuilder,
  operation: string,
  onReply: (message: MessageCursor) => void = () => undefined,
): boolean {
  try {
    socket.request(request, { operation, onReply });
    return true;
  } catch (error) {
    if (error instanceof NetlinkError && error.errno === ENOENT) return false;
    throw error;
  }
}

/** NFT_MSG_NEWSET, as an answer; the kernel leaves out flags and timeouts that are 0. */
function readSet(name: SetName, message: MessageCursor): NftSet {
  const { view, end } = message;
  const attribute = new AttributeCursor().reset(view, message.offset + NFGENMSG.size, end);
  let [flags, keyType, keyLength, timeoutMs, size] = [0, 0, 0, 0, 0];
  let integerOrder: 'network' | 'host' = 'network';
  while (attribute.next()) {
    const { type, offset, length } = attribute;
    if (type === NFTA_SET_FLAGS) flags = view.getUint32(offset);
    else if (type === NFTA_SET_KEY_TYPE) keyType = view.getUint32(offset);
    else if (type === NFTA_SET_KEY_LEN) keyLength = view.getUint32(offset);
    else if (type === NFTA_SET_TIMEOUT) timeoutMs = Number(view.getBigUint64(offset));
    else if (type === NFTA_SET_DESC) size = readSize(view, offset, offset + length);
    else if (type === NFTA_SET_USERDATA && isHostOrder(view, offset, offset + length)) {
      integerOrder = 'host';
    }
  }
  const fields = fieldTypes(keyType, keyLength, integerOrder);
  return {
    name,
    fields: fields && keyLengthOf(fields) === keyLength ? fields : undefined,
    keyLength,
    isMap: (flags & (NFT_SET_MAP | NFT_SET_OBJECT)) !== 0,
    isConstant: (flags & NFT_SET_CONSTANT) !== 0,
    isInterval: (flags & NFT_SET_INTERVAL) !== 0,
    hasTimeout: (flags & NFT_SET_TIMEOUT) !== 0,
    timeoutMs,
    size,
  };
}

/** Bytes of a key with these fields: those of a concatenation are padded to registers. */
export function keyLengthOf(fields: readonly DataType[]): number {
  const [only] = fields;
  if (only && fields.length === 1) return only.length;
  return fields.reduce((length, field) => length + align4(field.length), 0);
}

function readSize(view: DataView, start: number, end: number): number {
  const attribute = new AttributeCursor().reset(view, start, end);
  while (attribute.next()) {
    if (attribute.type === NFTA_SET_DESC_SIZE) return view.getUint32(attribute.offset);
  }
  return 0;
}

/** Whether nft notes that the set's key is in host byte order. */
function isHostOrder(view: DataView, start: number, end: number): boolean {
  for (let at = start; at + 2 <= end; at += 2 + view.getUint8(at + 1)) {
    if (view.getUint8(at) !== NFTNL_UDATA_SET_KEYBYTEORDER || at + 6 > end) continue;
    return view.getUint32(at + 2, LITTLE_ENDIAN) === BYTEORDER_HOST_ENDIAN;
  }
  return false;
}
