import type { PluginLog } from '../../api.ts';
import type { OverflowMaker } from '../queue/backlog.ts';
import type { TableLayout } from './layout.ts';
import type { SessionOpener } from './session.ts';

export interface LoaderOptions {
  readonly opener: SessionOpener;
  /** Rows that are stored at once; with fewer it waits for `flushMs`. */
  readonly batchRows: number;
  readonly flushMs: number;
  /** The longest pause between attempts to connect. */
  readonly reconnectMs: number;
  /** How long `close` goes on storing. */
  readonly shutdownMs: number;
  /** Most bytes in memory that wait to be stored. */
  readonly queueBytes: number;
  readonly log: PluginLog;
  /** Told of the table after each connect. */
  readonly connected?: (layout: TableLayout) => void;
  /** Makes the way to disk, if there is one. */
  readonly overflow?: OverflowMaker | undefined;
  /** Calls `begin` as soon as it may connect and use files; returns how to take that back. */
  readonly whenReady: (begin: () => void) => () => void;
}
