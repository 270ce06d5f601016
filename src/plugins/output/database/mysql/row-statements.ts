import type { Cells } from '../cells.ts';
import { RefusedRows } from '../database.ts';
import type { Run } from '../unknown-rows.ts';
import { LiteralRows } from './literal-rows.ts';
import type { MysqlSession } from './session.ts';

/** A statement for several rows: what begins it, and what stands around the values of each. */
export interface StatementForm {
  /** `INSERT INTO t (a,b) VALUES `. */
  readonly head: string;
  readonly before: string;
  readonly after: string;
  /** The most rows of a statement. */
  readonly rows: number;
}

/** The head of a packet and of the command in it, with room for more. */
export const PACKET_BYTES = 16;

/** Sends rows in statements: while the server works on one, the next is written. */
export class RowStatements {
  readonly #session: MysqlSession;
  readonly #operation: string;
  readonly #form: StatementForm;
  readonly #rows: LiteralRows;
  /** Bytes that rows may have in a statement. */
  readonly #most: number;

  /** @param maxPacket the server's max_allowed_packet: bytes of the longest statement */
  constructor(session: MysqlSession, operation: string, form: StatementForm, maxPacket: number) {
    this.#session = session;
    this.#operation = operation;
    this.#form = form;
    this.#rows = new LiteralRows(form.before, form.after);
    this.#most = maxPacket - Buffer.byteLength(form.head) - PACKET_BYTES;
  }

  /**
   * Sends runs of rows, within a transaction that somebody else ends.
   *
   * @throws RefusedRows if a row is longer than the server takes statements; MysqlError
   */
  async send(cells: readonly Cells[], runs: readonly Run[]): Promise<void> {
    const rows = this.#rows;
    const form = this.#form;
    rows.use(cells);
    let under: Promise<unknown> = Promise.resolve();
    for (const [from, to] of runs) {
      for (let row = from; row < to; ) {
        const next = rows.write(cells, row, Math.min(to, row + form.rows), this.#most);
        const sql = next === row ? undefined : form.head + rows.text;
        await under;
        if (sql === undefined) throw new RefusedRows('a row is longer than max_allowed_packet');
        under = this.#session.run(this.#operation, sql);
        row = next;
      }
    }
    await under;
  }
}
