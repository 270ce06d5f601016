/** Bytes of a chunk: small enough to stay in the processor's cache between formatting and write. */
export const CHUNK_SIZE = 256 * 1024;
/** Chunks that may exist at once: 32 MiB, about half a second of a firewall's worst day. */
const MAX_CHUNKS = 128;
/** Free chunks that are kept; the rest goes back to the garbage collector after a backlog. */
const KEPT_CHUNKS = 4;

export interface Chunk {
  readonly bytes: Uint8Array;
  /** Bytes used, once the chunk is full. */
  length: number;
  /** Records that the bytes hold. */
  rows: number;
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
    chunk.length = 0;
    chunk.rows = 0;
    this.#free.push(chunk);
  }
}

// allocUnsafeSlow: not from Node's shared slab, which would keep it alive for one small slice.
const newChunk = (): Chunk => ({ bytes: Buffer.allocUnsafeSlow(CHUNK_SIZE), length: 0, rows: 0 });
