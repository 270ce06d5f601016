/** What the rest of the program needs of nf_tables: finding sets and changing their elements. */
export type { ByteOrder, DataType } from './data-types.ts';
export { type Family, families } from './protocol.ts';
export { findSet, formatSetName, type NftSet, type SetName } from './set.ts';
export { type Refresh, refreshOf, SetWriter, type SetWriterOptions } from './set-writer.ts';
export { type Refusal, Transaction } from './transaction.ts';
