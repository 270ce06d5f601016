import { sendUnixDatagram } from './unix-datagram.ts';

/** Severities of syslog(3), <sys/syslog.h>, in the order of RFC 5424 section 6.2.1. */
export const syslogSeverity = {
  emergency: 0,
  alert: 1,
  critical: 2,
  error: 3,
  warning: 4,
  notice: 5,
  info: 6,
  debug: 7,
} as const;

/** `_PATH_LOG` of <sys/syslog.h>. */
const PATH_LOG = '/dev/log';
/** `LOG_DAEMON`: facility 3, shifted past the three bits of severity. */
const LOG_DAEMON = 3 << 3;
/** Longest time in ms that a message waits for a log daemon that does not read. */
const PATIENCE_MS = 50;

/**
 * The system's log, for the messages of this process: facility `daemon`, with the pid.
 *
 * libc's syslog(3) would wait as long as the log daemon does not read, and could tell of no loss.
 */
export class SystemLog {
  /** `name[pid]: ` */
  readonly #tag: string;
  /** Messages that were not taken since the last that was, and why. */
  #lost = 0;
  #lossReason = '';

  constructor(name: string) {
    this.#tag = `${name}[${process.pid}]: `;
  }

  /**
   * Hands one message to the log daemon. One that is not taken is counted, and the number told with
   * the next that is.
   *
   * @param severity one of {@link syslogSeverity}
   */
  write(severity: number, message: string): void {
    if (this.tellLoss() !== undefined || !this.#send(severity, message)) this.#lost++;
  }

  /** Tells the log daemon what it has not taken, if anything. Returns that when it fails as well. */
  tellLoss(): string | undefined {
    if (this.#lost === 0) return undefined;
    const loss = this.#loss();
    if (!this.#send(syslogSeverity.error, `log: ${loss}`)) return loss;
    this.#lost = 0;
    return undefined;
  }

  #loss(): string {
    const messages = this.#lost === 1 ? '1 message was' : `${this.#lost} messages were`;
    return `${messages} lost: ${this.#lossReason}`;
  }

  #send(severity: number, message: string): boolean {
    const text = `<${LOG_DAEMON | severity}>${timestamp(new Date())} ${this.#tag}${message}`;
    // Who has waited in vain does not wait again: there is more to do than to log.
    const patience = this.#lost === 0 ? PATIENCE_MS : 0;
    try {
      sendUnixDatagram(PATH_LOG, Buffer.from(text), patience);
      return true;
    } catch (error) {
      this.#lossReason = error instanceof Error ? error.message : String(error);
      return false;
    }
  }
}

/** `Nov  2 02:05:43`, local time: RFC 3164 section 4.1.2. */
function timestamp(date: Date): string {
  // As in `Mon Nov 02 2026 02:05:43 GMT+0100`, ECMA-262 section 21.4.4.41.
  const text = date.toString();
  return `${text.slice(4, 8)}${String(date.getDate()).padStart(2)} ${text.slice(16, 24)}`;
}
