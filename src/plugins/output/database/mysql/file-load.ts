import { Readable } from 'node:stream';
import type { Cells } from '../cells.ts';
import { RefusedRows } from '../database.ts';
import { FIELD_FORMAT, FieldRows } from './field-rows.ts';
import { PACKET_BYTES } from './row-statements.ts';
import type { MysqlSession } from './session.ts';

/**
 * Sends rows as the file that LOAD DATA LOCAL asks for: half the work for the server of an INSERT,
 * which has to be parsed. There is no file: whatever name the server asks for, it gets these rows.
 *
 * With LOCAL the server makes warnings of errors, and stores something else or nothing in place of
 * what it does not take. So only what was loaded without any warning may stay.
 */
export class FileLoad {
  readonly #session: MysqlSession;
  readonly #operation: string;
  readonly #sql: string;
  readonly #rows = new FieldRows();
  readonly #packetBytes: number;

  /**
   * @param table,columns quoted
   * @param maxPacket the server's max_allowed_packet: bytes of the longest piece of the file, which ends
   *   anywhere
   */
  constructor(
    session: MysqlSession,
    operation: string,
    table: string,
    columns: string,
    maxPacket: number,
  ) {
    this.#session = session;
    this.#operation = operation;
    this.#packetBytes = maxPacket - PACKET_BYTES;
    this.#sql = `LOAD DATA LOCAL INFILE 'specter' INTO TABLE ${table} CHARACTER SET binary ${FIELD_FORMAT} (${columns})`;
  }

  /**
   * Loads rows, within a transaction that somebody else ends.
   *
   * @throws RefusedRows if not all of them were stored just as they are; MysqlError
   */
  async load(cells: readonly Cells[], from: number, to: number): Promise<void> {
    const rows = this.#rows;
    const packetBytes = this.#packetBytes;
    rows.use(cells);
    let next = from;
    const file = new Readable({
      read() {
        if (next === to) {
          this.push(null);
          return;
        }
        next = rows.write(cells, next, to);
        const { bytes } = rows;
        for (let at = 0; at < bytes.length; at += packetBytes) {
          this.push(bytes.subarray(at, at + packetBytes));
        }
      },
    });
    try {
      const { affectedRows, warnings } = await this.#session.run(this.#operation, this.#sql, file);
      if (affectedRows !== to - from || warnings !== 0)
        throw new RefusedRows('loaded with warnings');
    } finally {
      file.destroy();
    }
  }
}
