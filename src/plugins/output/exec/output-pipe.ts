import { closeSync, fchownSync } from 'node:fs';
import { Socket } from 'node:net';
import { openPipe } from '../../../libc/pipe.ts';
import { OutputCapture } from './output-capture.ts';

/**
 * The pipe that a command writes its standard output and standard error to, so that their order is
 * kept. Not what Node would make for it: that is a socket, and a script cannot open /dev/stderr then.
 */
export class OutputPipe {
  readonly captured = new OutputCapture();
  /** What the command gets; closed here by `read`. */
  readonly writeEnd: number;
  readonly #readEnd: number;
  #socket: Socket | undefined;

  /**
   * @param account who may open it anew, as /dev/stderr
   * @throws SyscallError EMFILE, ENFILE
   */
  constructor(account: { readonly uid: number; readonly gid: number } | undefined) {
    const { readEnd, writeEnd } = openPipe();
    this.#readEnd = readEnd;
    this.writeEnd = writeEnd;
    try {
      if (account) fchownSync(writeEnd, account.uid, account.gid);
    } catch {
      // Without CAP_CHOWN it works all the same but for that.
    }
  }

  /** Once the command has been started; `onEnd`: all who could write have ended, or `stop`. */
  read(onEnd: () => void): void {
    closeSync(this.writeEnd);
    const socket = new Socket({ fd: this.#readEnd, readable: true, writable: false });
    socket.on('data', (chunk) => this.captured.add(chunk));
    // What could be read was read; `close` follows.
    socket.on('error', () => {});
    socket.once('close', onEnd);
    this.#socket = socket;
  }

  /** Reads no more. */
  stop(): void {
    this.#socket?.destroy();
  }

  /** Where no command was started. */
  discard(): void {
    closeSync(this.writeEnd);
    closeSync(this.#readEnd);
  }
}
