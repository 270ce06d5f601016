import type { Piece } from './record-buffer.ts';

/**
 * Pieces in memory, in order: first those that were sent and may have to be sent again, then those
 * that were not. Some at the beginning may be in the spool as well.
 */
export class PieceQueue {
  #pieces: Piece[] = [];
  /** Places of the array that are empty, are sent, are in the spool: each up to here. */
  #gone = 0;
  #sent = 0;
  #saved = 0;
  /** Bytes and records that were sent and are kept. */
  sentBytes = 0;
  sentRecords = 0;
  /** Bytes and records to be sent, perhaps not for the first time. */
  unsentBytes = 0;
  unsentRecords = 0;
  /** Bytes to be sent for the first time. */
  newBytes = 0;

  push(piece: Piece): void {
    this.#pieces.push(piece);
    this.unsentBytes += piece.bytes.length;
    this.unsentRecords += piece.records;
    if (piece.sentAt === undefined) this.newBytes += piece.bytes.length;
    if (piece.mark && this.#saved === this.#pieces.length - 1) this.#saved++;
  }

  /** The next pieces to send, one at least if there is any: as many as fit into `bytes`. */
  unsent(bytes: number): Piece[] {
    return takeFirst(this.#pieces, this.#sent, bytes);
  }

  /**
   * The next pieces to send: all of them recovered or none, and one at least, but no more than so many
   * records and bytes.
   */
  unsentBatch(records: number, bytes: number): Piece[] {
    const first = this.#pieces[this.#sent];
    let end = this.#sent;
    let sum = 0;
    let size = 0;
    for (; end < this.#pieces.length; end++) {
      const piece = this.#pieces[end];
      sum += piece?.records ?? 0;
      size += piece?.bytes.length ?? 0;
      const isTooMuch = sum > records || size > bytes || piece?.recovered !== first?.recovered;
      if (end > this.#sent && isTooMuch) break;
    }
    return this.#pieces.slice(this.#sent, end);
  }

  /** The first `count` of those to send have been sent. */
  markSent(count: number, now: number): void {
    for (const piece of this.#pieces.slice(this.#sent, this.#sent + count)) {
      const { length } = piece.bytes;
      if (piece.sentAt === undefined) this.newBytes -= length;
      piece.sentAt = now;
      this.#move(piece, -1);
    }
    this.#sent += count;
  }

  /** The next piece to send is from now on what is left of it; returns it. */
  shorten(bytes: Uint8Array, records: number): Piece | undefined {
    const piece = this.#pieces[this.#sent];
    if (!piece) return undefined;
    const less = piece.bytes.length - bytes.length;
    this.unsentBytes -= less;
    this.unsentRecords -= piece.records - records;
    if (piece.sentAt === undefined) this.newBytes -= less;
    piece.bytes = bytes;
    piece.records = records;
    return piece;
  }

  /** What was sent at `since` or later is to be sent again; returns the records of it. */
  rewind(since: number): number {
    const before = this.sentRecords;
    while (this.#sent > this.#gone) {
      const piece = this.#pieces[this.#sent - 1];
      if (!piece || (piece.sentAt ?? 0) < since) break;
      this.#sent--;
      this.#move(piece, 1);
    }
    return before - this.sentRecords;
  }

  /**
   * Takes out what was sent and need not be kept: what was sent before `since`, and what lies before
   * the last `bytes` bytes.
   */
  takeSent(bytes: number, since: number): Piece[] {
    let end = this.#gone;
    for (; end < this.#sent; end++) {
      const piece = this.#pieces[end];
      if (!piece) break;
      const { length } = piece.bytes;
      if (this.sentBytes - length < bytes && (piece.sentAt ?? 0) >= since) break;
      this.sentBytes -= length;
      this.sentRecords -= piece.records;
    }
    return this.#takeOut(end);
  }

  /** Takes out everything. */
  takeAll(): Piece[] {
    const pieces = this.#pieces.slice(this.#gone);
    this.#pieces = [];
    this.#gone = 0;
    this.#sent = 0;
    this.#saved = 0;
    this.sentBytes = 0;
    this.sentRecords = 0;
    this.unsentBytes = 0;
    this.unsentRecords = 0;
    this.newBytes = 0;
    return pieces;
  }

  /** The first pieces that are not in the spool, as many as fit into `bytes`, one at least. */
  unsaved(bytes: number): Piece[] {
    this.#saved = Math.max(this.#saved, this.#gone);
    while (this.#pieces[this.#saved]?.mark) this.#saved++;
    return takeFirst(this.#pieces, this.#saved, bytes);
  }

  /** From sent to unsent (1) or back (−1). */
  #move({ bytes, records }: Piece, direction: 1 | -1): void {
    this.unsentBytes += direction * bytes.length;
    this.unsentRecords += direction * records;
    this.sentBytes -= direction * bytes.length;
    this.sentRecords -= direction * records;
  }

  #takeOut(end: number): Piece[] {
    const taken = this.#pieces.slice(this.#gone, end);
    this.#gone = end;
    // Moving the rest once it is the smaller half costs less than one step for each piece.
    if (2 * this.#gone >= this.#pieces.length && this.#gone > 0) {
      this.#pieces = this.#pieces.slice(this.#gone);
      this.#sent -= this.#gone;
      this.#saved = Math.max(0, this.#saved - this.#gone);
      this.#gone = 0;
    }
    return taken;
  }
}

/** The pieces from a place on that together have at most `bytes` bytes; one at least if there is any. */
export function takeFirst(pieces: readonly Piece[], from: number, bytes: number): Piece[] {
  let end = from;
  let size = 0;
  for (; end < pieces.length; end++) {
    size += pieces[end]?.bytes.length ?? 0;
    if (size > bytes && end > from) break;
  }
  return pieces.slice(from, end);
}
