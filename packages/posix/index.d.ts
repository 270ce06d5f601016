/**
 * syslog(3) of the npm package `posix`, as `posix-syslog` calls it.
 *
 * libc's own openlog(3) and syslog(3) keep one ident, facility and connection for the whole process,
 * behind one lock; they wait as long as the log daemon does not read, and return nothing when a
 * message was lost. So this package speaks the protocol itself, over libc's socket calls: the state
 * belongs to the instance of the module (each worker thread has its own), waiting has a bound, and
 * what fails throws.
 */

export type Facility =
  | 'auth'
  | 'authpriv'
  | 'cron'
  | 'daemon'
  | 'ftp'
  | 'kern'
  | 'lpr'
  | 'mail'
  | 'news'
  | 'syslog'
  | 'user'
  | 'uucp'
  | `local${0 | 1 | 2 | 3 | 4 | 5 | 6 | 7}`;

export type Priority = 'emerg' | 'alert' | 'crit' | 'err' | 'warning' | 'notice' | 'info' | 'debug';

export interface LogOptions {
  /** LOG_PID: the process id goes into each message. */
  readonly pid?: boolean;
  /** LOG_NDELAY: connect now and not with the first message. */
  readonly ndelay?: boolean;
  /** LOG_CONS: without effect, as a message that cannot be sent throws. */
  readonly cons?: boolean;
  /** Milliseconds that a message may wait while the daemon's queue is full. Default 0: any time. */
  readonly timeout?: number;
  /** Datagram socket of the log daemon. Default `/dev/log`, _PATH_LOG of <sys/syslog.h>. */
  readonly path?: string;
}

/**
 * Sets what all later messages have in common. Does not fail when nobody listens at the socket.
 *
 * @param ident goes in front of each message
 * @throws TypeError for an unknown facility; Error ENAMETOOLONG for a path of more than 107 bytes
 */
export function openlog(ident: string, options: LogOptions, facility: Facility): void;

/**
 * Sends `<PRI>Mmm dd hh:mm:ss ident[pid]: message` (RFC 3164) as one datagram. When it returns, the
 * message is in the socket's queue of the log daemon. Connects, and once more after the daemon was
 * restarted.
 *
 * @param message text as it is: a `%` has no meaning
 * @throws TypeError for an unknown priority
 * @throws Error with `code`, `errno`, `syscall` and `path`, when the message was not taken: `ENOENT` or
 *   `ECONNREFUSED` when nobody listens, `EAGAIN` after `timeout`, `EMSGSIZE` when it is too long,
 *   `EPROTOTYPE` when the socket is no datagram socket
 */
export function syslog(priority: Priority, message: string): void;

/** Closes the connection. A later message opens it again, with ident and facility as they were. */
export function closelog(): void;

/**
 * Lets only messages of these priorities pass; {@link syslog} drops the others.
 *
 * @returns the mask before
 */
export function setlogmask(
  enabled: Readonly<Partial<Record<Priority, boolean>>>,
): Record<Priority, boolean>;
