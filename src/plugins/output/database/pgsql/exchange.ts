import type { Connection, Submittable } from 'pg';

/**
 * Messages to the server and what it answers up to ReadyForQuery. The client of `pg` calls `submit`
 * when it is their turn, and then one of the `handle…` for each message that comes in, as it does
 * with its own queries (pg-cursor and pg-copy-streams are made the same way).
 */
export class Exchange implements Submittable {
  /** How many rows the server says it has stored. Fails with what went wrong. */
  readonly done: Promise<number>;
  /** It went wrong: whatever else is sent is for nothing. */
  failed = false;
  readonly #begin: (connection: Connection) => void;
  #rows = 0;
  #resolve: (rows: number) => void = () => {};
  #reject: (error: Error) => void = () => {};

  /** @param begin sends the messages, the last of which is Sync, now or later */
  constructor(begin: (connection: Connection) => void) {
    this.#begin = begin;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  submit(connection: Connection): void {
    this.#begin(connection);
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    // "INSERT 0 5000".
    this.#rows += Number(text.slice(text.lastIndexOf(' ') + 1)) || 0;
  }

  /** The server refused something, or the connection has ended. */
  handleError(error: Error): void {
    this.failed = true;
    this.#reject(error);
  }

  handleReadyForQuery(): void {
    this.#resolve(this.#rows);
  }

  handleParseComplete(): void {}
  handleRowDescription(): void {}
  handleDataRow(): void {}
  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}
}
