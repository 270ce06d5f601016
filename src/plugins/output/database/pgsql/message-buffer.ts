/** Memory that messages are written into, and that grows as they need it. */
export class MessageBuffer {
  bytes = Buffer.allocUnsafeSlow(64 * 1024);
  view = viewOf(this.bytes);
  /** What has been written. */
  length = 0;

  /** Makes room for so many bytes behind what has been written, which stays; `view` may be another. */
  reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(needed)));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
    this.view = viewOf(grown);
  }

  /** Appends bytes. */
  append(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }
}

const viewOf = ({ buffer, byteOffset, length }: Buffer): DataView =>
  new DataView(buffer, byteOffset, length);
