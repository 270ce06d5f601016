import type { OutputCounters, PluginLog } from '../../../api.ts';
import type { Overflow } from '../../queue/overflow.ts';
import type { PieceQueue } from '../../queue/piece-queue.ts';
import type { Piece, RecordBuffer } from '../../queue/record-buffer.ts';
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
  readonly overflow?: ((parts: DeliveryParts) => Overflow) | undefined;
  /** Calls `begin` as soon as it may connect and use files; returns how to take that back. */
  readonly whenReady: (begin: () => void) => () => void;
}

/** What a delivery shares with its overflow. */
export interface DeliveryParts {
  readonly queue: PieceQueue;
  readonly buffer: RecordBuffer;
  readonly counters: OutputCounters;
  /** Closes the open piece and puts it where it belongs. */
  readonly seal: () => void;
  /** There may be something more to send. */
  readonly changed: () => void;
}

/** What is left when a delivery has ended. */
export interface Remains {
  /** Pieces that nobody has, as far as it is known. */
  readonly pieces: readonly Piece[];
  /** Records on disk. */
  readonly kept: number;
}
