/** Bytes of a chunk: small enough to stay in the processor's cache between formatting and write. */
export const CHUNK_SIZE = 256 * 1024;
/** Rows of a chunk; only rows of less than 32 bytes fill a chunk's rows before its bytes. */
const CHUNK_ROWS = CHUNK_SIZE / 32;
/** Chunks that may exist at once: 32 MiB, about half a second of a firewall's worst day. */
export const MAX_CHUNKS = 128;
/** Free chunks that are kept; the rest goes back to the garbage collector after a backlog. */
export const KEPT_CHUNKS = 4;

/** A piece of a file on its way to the disk: whole rows, one after the other. */
export interface Chunk {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The same memory, for formatters. */
  readonly view: DataView;
  /** Where each row ends in `bytes`: `ends[0 … rows − 1]`. */
  readonly ends: Uint32Array<ArrayBuffer>;
  rows: number;
  /** Its first row is to be the first one of a new file. Default false. */
  startsFile?: boolean;
}

/** Whether a row of `bytes` still fits behind the rows that end at `position`. */
export const hasRoom = ({ rows }: Chunk, position: number, bytes: number): boolean =>
  position + bytes <= CHUNK_SIZE && rows < CHUNK_ROWS;

/** Bytes in use: up to the last row's end. */
export const chunkLength = ({ ends, rows }: Chunk): number =>
  rows === 0 ? 0 : (ends[rows - 1] as number);

/** How many rows lie whole in the first `bytes` bytes. */
export function wholeRows({ ends, rows }: Chunk, bytes: number): number {
  let whole = 0;
  while (whole < rows && (ends[whole] as number) <= bytes) whole++;
  return whole;
}

/** The bounded memory in which records wait for a file. */
export class ChunkPool {
  readonly #free: Chunk[] = [];
  #existing = 0;

  /** The chunk that a new pool always has. */
  first(): Chunk {
    this.#existing++;
    return newChunk();
  }

  /** An empty chunk, or undefined when all there may be are in use. */
  take(): Chunk | undefined {
    const chunk = this.#free.pop();
    if (chunk) return chunk;
    if (this.#existing >= MAX_CHUNKS) return undefined;
    this.#existing++;
    return newChunk();
  }

  give(chunk: Chunk): void {
    if (this.#free.length >= KEPT_CHUNKS) {
      this.#existing--;
      return;
    }
    chunk.rows = 0;
    chunk.startsFile = false;
    this.#free.push(chunk);
  }
}

function newChunk(): Chunk {
  const bytes = new Uint8Array(CHUNK_SIZE);
  const view = new DataView(bytes.buffer);
  return { bytes, view, ends: new Uint32Array(CHUNK_ROWS), rows: 0, startsFile: false };
}
