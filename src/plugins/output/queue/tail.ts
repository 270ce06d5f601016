import { takeFirst } from './piece-queue.ts';
import type { Piece } from './record-buffer.ts';

/** Pieces on their way to the spool: the newest of all. */
export class Tail {
  /** Bytes and records of all of them. */
  bytes = 0;
  records = 0;
  readonly #pieces: Piece[] = [];

  get isEmpty(): boolean {
    return this.#pieces.length === 0;
  }

  push(piece: Piece): void {
    this.#pieces.push(piece);
    this.bytes += piece.bytes.length;
    this.records += piece.records;
  }

  /** The first pieces, as many as fit into `bytes`, one at least if there is any. They stay. */
  first(bytes: number): Piece[] {
    return takeFirst(this.#pieces, 0, bytes);
  }

  /** Takes the first piece out. */
  shift(): Piece | undefined {
    const piece = this.#pieces.shift();
    if (!piece) return undefined;
    this.bytes -= piece.bytes.length;
    this.records -= piece.records;
    return piece;
  }

  takeAll(): Piece[] {
    this.bytes = 0;
    this.records = 0;
    return this.#pieces.splice(0);
  }
}
