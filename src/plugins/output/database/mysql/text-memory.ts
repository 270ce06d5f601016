import { SLACK } from '../../../../records/text.ts';

/** Memory that statements are written into, again and again; it grows with the longest. */
export class TextMemory {
  bytes: Buffer;
  view: DataView;

  constructor(size: number) {
    this.bytes = Buffer.alloc(size);
    this.view = viewOf(this.bytes);
  }

  /** Makes room for `more` bytes behind `at`, and for what writers of texts store beyond. */
  reserve(at: number, more: number): void {
    const needed = at + more + SLACK;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.alloc(2 * needed);
    larger.set(this.bytes.subarray(0, at));
    this.bytes = larger;
    this.view = viewOf(larger);
  }
}

const viewOf = ({ buffer, byteOffset, byteLength }: Buffer): DataView =>
  new DataView(buffer, byteOffset, byteLength);
