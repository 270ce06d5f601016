/**
 * Datagrams that were received and not wanted yet: a queue in order of arrival. They arrived while
 * a request waited for its answer, or whoever takes them had to stop halfway.
 */
export class HeldDatagrams {
  #queue: Uint8Array[] = [];
  #head = 0;
  #bytes = 0;

  /** Datagrams in the queue. */
  get size(): number {
    return this.#queue.length - this.#head;
  }

  /** Bytes of all of them. */
  get bytes(): number {
    return this.#bytes;
  }

  push(datagram: Uint8Array): void {
    this.#queue.push(datagram);
    this.#bytes += datagram.length;
  }

  /** Puts datagrams in front of all others. */
  unshift(datagrams: readonly Uint8Array[]): void {
    this.#queue = [...datagrams, ...this.#queue.slice(this.#head)];
    this.#head = 0;
    for (const { length } of datagrams) this.#bytes += length;
  }

  shift(): Uint8Array | undefined {
    const datagram = this.#queue[this.#head];
    if (!datagram) return undefined;
    this.#head++;
    this.#bytes -= datagram.length;
    if (this.#head === this.#queue.length) {
      this.#queue = [];
      this.#head = 0;
    }
    return datagram;
  }
}
