import type { TableLayout } from '../layout.ts';
import type { RowPiece, Session, StoreResult } from '../session.ts';
import type { Report, Thread } from './worker-messages.ts';

/** Who waits for the thread's report. */
interface Waiting {
  resolve(report: Exclude<Report, { kind: 'failed' }>): void;
  reject(error: Error): void;
}

/** An SQLite file that a thread has open. */
export class SqliteSession implements Session {
  readonly #thread: Thread;
  readonly #path: string;
  readonly #lost: (error: Error) => void;
  readonly #exited: Promise<void>;
  #layout: TableLayout = { table: '', columns: [], positional: false };
  #waiting: Waiting | undefined;
  /** Memory of the rows before. */
  #memory = new ArrayBuffer(0);
  /** It was told to end, or has ended. */
  #isOver = false;

  private constructor(thread: Thread, path: string, lost: (error: Error) => void) {
    this.#thread = thread;
    this.#path = path;
    this.#lost = lost;
    thread.on('message', (report) => this.#reported(report));
    thread.on('error', (error) => this.#failed(error));
    this.#exited = new Promise((resolve) => {
      thread.on('exit', () => {
        this.#failed();
        resolve();
      });
    });
  }

  /** @throws Error if the thread cannot open the file */
  static async open(
    thread: Thread,
    path: string,
    lost: (error: Error) => void,
  ): Promise<SqliteSession> {
    const session = new SqliteSession(thread, path, (error) => {
      if (isOpen) lost(error);
    });
    let isOpen = false;
    const report = await session.#report();
    isOpen = true;
    if (report.kind === 'opened') session.#layout = report.layout;
    return session;
  }

  get layout(): TableLayout {
    return this.#layout;
  }

  async store(pieces: readonly RowPiece[]): Promise<StoreResult> {
    const memory = this.#copy(pieces);
    const lengths = pieces.map(({ bytes: { length }, records }) => ({ length, records }));
    const reported = this.#report();
    if (!this.#isOver) this.#thread.postMessage({ memory, pieces: lengths }, [memory]);
    const report = await reported;
    if (report.kind !== 'stored') throw new Error(`unexpected report: ${report.kind}`);
    return report.result;
  }

  async close(): Promise<void> {
    this.destroy();
    await this.#exited;
  }

  /**
   * What the thread is doing fails as far as the caller is concerned. It comes to its end all the
   * same: nobody could tell what SQLite leaves behind when it is broken off.
   */
  destroy(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#thread.postMessage(undefined);
    this.#reject(new Error(`the connection to ${this.#path} was ended`));
  }

  #report(): Promise<Exclude<Report, { kind: 'failed' }>> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      if (this.#isOver) this.#reject(new Error(`the connection to ${this.#path} has ended`));
    });
  }

  #reported(report: Report): void {
    if (report.kind !== 'opened' && report.memory) this.#memory = report.memory;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (report.kind === 'failed') waiting?.reject(new Error(report.message));
    else waiting?.resolve(report);
  }

  #failed(cause?: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const reason = cause ? `: ${cause.message}` : '';
    const error = new Error(`the thread that stores rows in ${this.#path} has ended${reason}`, {
      cause,
    });
    this.#reject(error);
    this.#lost(error);
  }

  #reject(error: Error): void {
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }

  #copy(pieces: readonly RowPiece[]): ArrayBuffer {
    const length = pieces.reduce((sum, { bytes }) => sum + bytes.length, 0);
    const memory =
      this.#memory.byteLength < length ? new ArrayBuffer(length + length / 4) : this.#memory;
    const target = new Uint8Array(memory);
    let at = 0;
    for (const { bytes } of pieces) {
      target.set(bytes, at);
      at += bytes.length;
    }
    this.#memory = new ArrayBuffer(0);
    return memory;
  }
}
