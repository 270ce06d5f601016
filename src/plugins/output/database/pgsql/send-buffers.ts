import type { Writable } from 'node:stream';
import { MessageBuffer } from './message-buffer.ts';

/** Two buffers by turns: while the kernel takes what one holds, the other one is filled. */
export class SendBuffers {
  readonly #buffers = [new MessageBuffer(), new MessageBuffer()] as const;
  readonly #sent: [Promise<void>, Promise<void>] = [Promise.resolve(), Promise.resolve()];
  #turn: 0 | 1 = 0;

  /** The next buffer, empty, once what it held is gone. */
  async take(): Promise<MessageBuffer> {
    this.#turn = this.#turn === 0 ? 1 : 0;
    await this.#sent[this.#turn];
    const buffer = this.#buffers[this.#turn];
    buffer.length = 0;
    return buffer;
  }

  /** Sends what the buffer holds that was taken last. */
  send(stream: Writable): void {
    const { bytes, length } = this.#buffers[this.#turn];
    this.#sent[this.#turn] = new Promise((resolve) => {
      // Also called where the stream is destroyed; the exchange hears of that by itself.
      stream.write(bytes.subarray(0, length), () => resolve());
    });
  }
}
