/** What the rest of the program needs of netlink. Message formats are imported from their files. */
export { AttributeCursor, MessageCursor } from './cursor.ts';
export type { DatagramSource } from './datagram-source.ts';
export { NetlinkError } from './error.ts';
export { LinkTable } from './links.ts';
export { MessageBuilder } from './message.ts';
export { NflogGroup, type NflogOpenOptions } from './nflog.ts';
export { type NflogOptions, slotSizeFor } from './nflog-options.ts';
export { type Drain, type ReceiveHandle, ReceiveLoop } from './receive-loop.ts';
export { ReceiveRing } from './receive-ring.ts';
export { NetlinkSocket, type ReceiveBuffer } from './socket.ts';
export type { SocketCounters } from './socket-counters.ts';
