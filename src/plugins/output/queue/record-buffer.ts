import type { SpoolMark } from '../../../spool/index.ts';

/** Bytes of memory that are taken at once, and the longest record. */
export const CHUNK_SIZE = 256 * 1024;
/** A piece that has become so long takes no further record. */
const LONG_PIECE = 64 * 1024;
/** Chunks that are kept for the next records; the rest goes back to the garbage collector. */
const KEPT_CHUNKS = 4;

/** Memory for pieces, used again when none of them is needed any more. */
export interface Chunk {
  readonly bytes: Uint8Array;
  /** The same memory, for formatters. */
  readonly view: DataView;
  /** Pieces in it, and others who need it. */
  users: number;
}

/** Whole records, one after the other, that go through the queues together. */
export interface Piece {
  bytes: Uint8Array;
  records: number;
  /** Whose memory the bytes are; undefined: their own. */
  chunk: Chunk | undefined;
  /** It was in the spool when that was started: an output before this one was given the records. */
  readonly recovered: boolean;
  /** When it was sent last, as performance.now() has it; undefined before. */
  sentAt: number | undefined;
  /** Where it ends in the spool, once it is there. */
  mark: SpoolMark | undefined;
  /** Nobody waits for it any more. */
  done: boolean;
}

/** What each piece begins with. */
export interface PieceHead {
  readonly length: number;
  /** Writes its `length` bytes. */
  write(out: DataView, at: number): void;
}

/** Where records are formatted, and become pieces. */
export class RecordBuffer {
  view: DataView;
  position = 0;
  /** Bytes of the longest record. */
  readonly maxRecord: number;
  readonly #head: PieceHead | undefined;
  readonly #free: Chunk[] = [];
  #chunk: Chunk;
  /** Where the open piece begins, and its records. */
  #start = 0;
  #records = 0;
  /** The open piece has its head. */
  #hasHead = false;

  constructor(head?: PieceHead) {
    this.#head = head;
    this.maxRecord = CHUNK_SIZE - (head?.length ?? 0);
    this.#chunk = this.#take();
    this.view = this.#chunk.view;
  }

  /** Bytes and records that are in no piece yet. */
  get openBytes(): number {
    return this.position - this.#start;
  }

  get openRecords(): number {
    return this.#records;
  }

  /** Whether the open piece can take a record of at most `bytes`. */
  hasRoom(bytes: number): boolean {
    if (this.#head && !this.#hasHead) return false;
    return this.position + bytes <= CHUNK_SIZE && this.openBytes < LONG_PIECE;
  }

  commit(position: number): void {
    this.#records++;
    this.position = position;
  }

  /** Closes the open piece; undefined if it is empty. */
  seal(): Piece | undefined {
    if (this.#records === 0) return undefined;
    const chunk = this.#chunk;
    chunk.users++;
    const bytes = chunk.bytes.subarray(this.#start, this.position);
    const records = this.#records;
    this.#start = this.position;
    this.#records = 0;
    this.#hasHead = false;
    return {
      bytes,
      records,
      chunk,
      recovered: false,
      sentAt: undefined,
      mark: undefined,
      done: false,
    };
  }

  /** Makes room for a record of at most `bytes`, when nothing is open. */
  makeRoom(bytes: number): void {
    const head = this.#head;
    this.position = this.#start;
    if (this.position + (head?.length ?? 0) + bytes > CHUNK_SIZE) this.#changeChunk();
    if (!head) return;
    head.write(this.view, this.position);
    this.position += head.length;
    this.#hasHead = true;
  }

  #changeChunk(): void {
    const full = this.#chunk;
    this.#chunk = this.#take();
    this.giveBack(full);
    this.view = this.#chunk.view;
    this.position = 0;
    this.#start = 0;
  }

  /** One who needed a chunk's memory needs it no more. */
  giveBack(chunk: Chunk | undefined): void {
    if (!chunk || --chunk.users > 0) return;
    if (this.#free.length < KEPT_CHUNKS) this.#free.push(chunk);
  }

  /** A chunk, used by this buffer. */
  #take(): Chunk {
    const chunk = this.#free.pop() ?? newChunk();
    chunk.users = 1;
    return chunk;
  }
}

function newChunk(): Chunk {
  const bytes = new Uint8Array(CHUNK_SIZE);
  return { bytes, view: new DataView(bytes.buffer), users: 0 };
}
