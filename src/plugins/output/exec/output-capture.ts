/** Bytes of a command's output that are kept for the log. */
export const CAPTURED = 4096;

/** The beginning of what a command writes to standard output and standard error. */
export class OutputCapture {
  #bytes: Buffer | undefined;
  #length = 0;
  /** Bytes that came after those kept. */
  more = 0;

  add(chunk: Uint8Array): void {
    const kept = Math.min(chunk.length, CAPTURED - this.#length);
    if (kept > 0) {
      // Most commands say nothing.
      this.#bytes ??= Buffer.allocUnsafe(CAPTURED);
      this.#bytes.set(chunk.subarray(0, kept), this.#length);
      this.#length += kept;
    }
    this.more += chunk.length - kept;
  }

  get bytes(): Uint8Array {
    return this.#bytes?.subarray(0, this.#length) ?? new Uint8Array(0);
  }
}
