import type { PluginLog } from '../../../api.ts';
import type { OverflowMaker } from '../../queue/backlog.ts';
import type { ByteStream } from './connection.ts';

export interface DeliveryOptions {
  /** Most bytes in memory that wait to be sent. */
  readonly queueBytes: number;
  /** Bytes that are kept after they were sent. */
  readonly resendBytes: number;
  /** Where records go, for the log: `tcp://127.0.0.1:12345`. */
  readonly name: string;
  /** Begins a connection, with `allowHalfOpen`. */
  readonly connect: () => ByteStream;
  readonly log: PluginLog;
  /** Makes the way to disk, if there is one. */
  readonly overflow?: OverflowMaker | undefined;
  /** Calls `begin` as soon as it may connect and use files; returns how to take that back. */
  readonly whenReady: (begin: () => void) => () => void;
}
