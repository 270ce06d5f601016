import { randomBytes } from 'node:crypto';
import { type Literal, literal, writeHex32, writeLiteral } from '../../../records/text.ts';
import type { RowText } from './step.ts';

/** Hexadecimal digits of an id. */
const LENGTH = 32;

/**
 * Numbers records so that no two have the same id, also those of other machines and of later starts:
 * 96 random bits, drawn when the output opens, and a counter of 32 bits, in hexadecimal.
 */
export class RecordIds implements RowText {
  readonly fixedRoom = LENGTH;
  readonly roomPerByte = 0;
  #run: Literal = newRun();
  #next: number;

  /** @param first where the counter begins */
  constructor(first = 0) {
    this.#next = first;
  }

  room(): number {
    return LENGTH;
  }

  /** Writes the next id, whatever the row. */
  write(_row: number, out: DataView, at: number): number {
    const end = writeHex32(out, writeLiteral(out, at, this.#run), this.#next);
    if (this.#next < 0xffff_ffff) {
      this.#next++;
    } else {
      this.#run = newRun();
      this.#next = 0;
    }
    return end;
  }
}

const newRun = (): Literal => literal(randomBytes(12).toString('hex'));
