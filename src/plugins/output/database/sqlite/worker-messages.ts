import type { TableLayout } from '../layout.ts';
import type { StoreResult } from '../session.ts';

/** Rows on their way to the thread: pieces, one behind the other in the same memory. */
export interface Rows {
  readonly memory: ArrayBuffer;
  readonly pieces: readonly { readonly length: number; readonly records: number }[];
}

/** What the thread is told: to store rows, or (undefined) to close the file and end. */
export type Order = Rows | undefined;

/** What the thread tells: once that it has opened the file or not, then what became of each order. */
export type Report =
  | { readonly kind: 'opened'; readonly layout: TableLayout }
  | { readonly kind: 'stored'; readonly result: StoreResult; readonly memory: ArrayBuffer }
  /** With the first report, or after rows were not stored: the database does not work. */
  | { readonly kind: 'failed'; readonly message: string; readonly memory?: ArrayBuffer };

/** What is used of Node's Worker. */
export interface Thread {
  postMessage(order: Order, transfer?: ArrayBuffer[]): void;
  on(event: 'message', listener: (report: Report) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'exit', listener: () => void): unknown;
}
