import type { Writable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Client } from 'pg';
import type { Cells } from '../cells.ts';
import { Exchange } from './exchange.ts';
import { sync } from './messages.ts';
import type { RowEncoder } from './row-encoder.ts';
import { SendBuffers } from './send-buffers.ts';

/**
 * Sends rows for a prepared statement, chunk by chunk, so that the server works on one while the
 * next is being made. All of them are one transaction: up to Sync the server has one open by itself,
 * which an error rolls back (PostgreSQL's documentation, "Pipelining").
 */
export class RowSender {
  readonly #client: Client;
  readonly #buffers = new SendBuffers();

  constructor(client: Client) {
    this.#client = client;
  }

  /** @returns how many rows the server has stored */
  async execute(
    encoder: RowEncoder,
    cells: readonly Cells[],
    from: number,
    to: number,
  ): Promise<number> {
    let sending: Promise<void> | undefined;
    const exchange: Exchange = new Exchange(({ stream }) => {
      sending = this.#send(exchange, stream, encoder, cells, from, to);
    });
    this.#client.query(exchange);
    try {
      return await exchange.done;
    } finally {
      await sending;
    }
  }

  async #send(
    exchange: Exchange,
    stream: Writable,
    encoder: RowEncoder,
    cells: readonly Cells[],
    from: number,
    to: number,
  ): Promise<void> {
    try {
      for (let row = from; row < to; ) {
        const buffer = await this.#buffers.take();
        // After an error the server skips whatever comes before Sync.
        if (exchange.failed) break;
        row = encoder.encode(cells, row, to, buffer);
        this.#buffers.send(stream);
        if (row < to) await nextTurn();
      }
      stream.write(sync);
    } catch (error) {
      // Sync would commit the rows that were sent.
      stream.destroy(error instanceof Error ? error : undefined);
    }
  }
}
