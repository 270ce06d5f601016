import { EventEmitter } from 'node:events';
import { type Lines, sendLines } from '../../../../../src/plugins/output/syslog/send-lines.ts';
import type { Thread } from '../../../../../src/plugins/output/syslog/syslog-thread.ts';

/** A thread that takes lines at once, as worker.ts does, or what a test says instead. */
export class FakeThread extends EventEmitter implements Thread {
  /** The lines that the log daemon has taken. */
  readonly said: string[] = [];
  /** With how many lines it was called, each time. */
  readonly calls: number[] = [];
  /** Name of an errno: how each line fails. */
  state: string | undefined;
  /** As `state`, for one line alone. */
  readonly refused = new Map<string, string>();
  isTerminated = false;
  #held: Lines[] | undefined;

  postMessage(lines: Lines | undefined, transfer: ArrayBuffer[] = []): void {
    if (!lines) {
      setImmediate(() => this.emit('exit'));
      return;
    }
    this.calls.push(lines.rows - lines.next);
    // The sender's memory is gone, as with a thread.
    const own = structuredClone(lines, { transfer });
    if (this.#held) this.#held.push(own);
    else setImmediate(() => this.#work(own));
  }

  async terminate(): Promise<void> {
    this.isTerminated = true;
    this.emit('exit');
  }

  /** From now on it does not answer. */
  hold(): void {
    this.#held = [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const lines of held) this.#work(lines);
  }

  #work(lines: Lines): void {
    this.emit(
      'message',
      sendLines(lines, (line) => this.#say(line)),
    );
  }

  #say(line: string): void {
    const code = this.state ?? this.refused.get(line);
    if (code !== undefined) throw Object.assign(new Error(`${code}: refused`), { code });
    this.said.push(line);
  }
}
