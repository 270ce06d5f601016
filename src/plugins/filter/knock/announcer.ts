import { writeAddress } from '../../../records/text.ts';
import type { PluginLog } from '../../api.ts';
import { LineBudget } from '../../line-budget.ts';

/** Lines about completed sequences in a second; what comes beyond them is only counted. */
const MAX_LINES = 10;
/** Longest text of an address: IPv6 with an IPv4 address at its end. */
const ADDRESS_LENGTH = 45;

/** Tells the log who has completed a sequence. */
export class Announcer {
  readonly #log: PluginLog;
  readonly #door: string;
  readonly #text = Buffer.alloc(ADDRESS_LENGTH);
  readonly #view = new DataView(this.#text.buffer, this.#text.byteOffset, ADDRESS_LENGTH);
  readonly #budget = new LineBudget(MAX_LINES);

  constructor(log: PluginLog, door: string) {
    this.#log = log;
    this.#door = door;
  }

  /**
   * The source's address is `length` bytes at `data[offset]`.
   *
   * @param unused one-time sequences left; undefined for a sequence that stays
   */
  completed(data: Uint8Array, offset: number, length: number, unused: number | undefined): void {
    if (!this.#budget.take()) {
      this.#log.counted('more sequences completed', 1);
      return;
    }
    const end = writeAddress(this.#view, 0, data, offset, length);
    const source = this.#text.toString('latin1', 0, end);
    const rest = unused === undefined ? '' : `; ${unused} left`;
    this.#log.notice(`${source}: ${this.#door}: sequence complete${rest}`);
  }
}
