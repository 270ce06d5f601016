/** Up to here words by hand are faster than a typed array's `set`, which needs an object for each call. */
const LONGEST_BY_WORDS = 256;

/** Copies packets from where they were received to where their records are made. */
export class PacketCopier {
  #from: Uint8Array = new Uint8Array(0);
  #fromView: DataView = new DataView(this.#from.buffer);
  #toView: DataView = new DataView(new ArrayBuffer(0));
  #to: Uint8Array = new Uint8Array(this.#toView.buffer);

  copy(from: Uint8Array, offset: number, length: number, to: DataView, at: number): void {
    if (from !== this.#from || to !== this.#toView) this.#look(from, to);
    if (length > LONGEST_BY_WORDS) {
      this.#to.set(from.subarray(offset, offset + length), at);
      return;
    }
    const source = this.#fromView;
    const words = length & ~7;
    for (let i = 0; i < words; i += 8) {
      to.setInt32(at + i, source.getInt32(offset + i));
      to.setInt32(at + i + 4, source.getInt32(offset + i + 4));
    }
    for (let i = words; i < length; i++) to.setUint8(at + i, from[offset + i] as number);
  }

  /** Both change rarely: with the receive ring, and with the chunk that records go to. */
  #look(from: Uint8Array, to: DataView): void {
    this.#from = from;
    this.#fromView = new DataView(from.buffer, from.byteOffset, from.byteLength);
    this.#toView = to;
    this.#to = new Uint8Array(to.buffer, to.byteOffset, to.byteLength);
  }
}
