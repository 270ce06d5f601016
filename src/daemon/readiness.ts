import { sendUnixDatagram } from '../libc/unix-datagram.ts';
import { toError } from './to-error.ts';

/** The environment variable by which a service manager says where it listens. */
const VARIABLE = 'NOTIFY_SOCKET';

/**
 * Tells a service manager about the daemon's state (sd_notify(3)). Without one, or with one that
 * does not answer, the daemon runs all the same: no method throws.
 */
export class Readiness {
  readonly #socket: string | undefined;
  readonly #onError: (error: Error) => void;

  /**
   * @param socket path of the manager's unix datagram socket, `@name` for an abstract one;
   *   undefined: every method does nothing
   * @param onError told when a message could not be sent
   */
  constructor(socket: string | undefined, onError: (error: Error) => void) {
    this.#socket = socket;
    this.#onError = onError;
  }

  /** Reads NOTIFY_SOCKET and removes it, so that programs which the daemon starts do not speak for it. */
  static fromEnvironment(
    onError: (error: Error) => void,
    environment: NodeJS.ProcessEnv = process.env,
  ): Readiness {
    const socket = environment[VARIABLE];
    delete environment[VARIABLE];
    return new Readiness(socket || undefined, onError);
  }

  /** Started, or done with a reload. */
  ready(): void {
    this.#send('READY=1');
  }

  /** Begins to read the configuration again; {@link ready} has to follow. */
  reloading(): void {
    // hrtime is CLOCK_MONOTONIC, which the manager compares with.
    this.#send(`RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`);
  }

  /** Begins to end. */
  stopping(): void {
    this.#send('STOPPING=1');
  }

  /** @param text one line for `systemctl status` */
  status(text: string): void {
    this.#send(`STATUS=${text.replaceAll('\n', ' ')}`);
  }

  #send(message: string): void {
    if (this.#socket === undefined) return;
    try {
      sendUnixDatagram(this.#socket, Buffer.from(message));
    } catch (error) {
      this.#onError(toError(error));
    }
  }
}
