/**
 * Datagrams that arrived while a request waited for its answer and belong to someone else: a queue
 * in order of arrival.
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
