import { libc } from './library.ts';

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

/** `LOG_PID`: the daemon's pid goes into each message. */
const LOG_PID = 0x01;
/** `LOG_DAEMON`: facility 3, shifted past the three bits of severity. */
const LOG_DAEMON = 3 << 3;

const libcOpenlog = libc.func('void openlog(const void *ident, int option, int facility)');
const libcSyslog = libc.func('void syslog(int priority, const char *format, ...)');
const libcCloselog = libc.func('void closelog()');

// openlog(3) keeps the pointer it is given: the bytes have to live as long as the log is open.
let ident: Buffer | undefined;

/** Names this process in the system log; facility `daemon`, with the pid. */
export function openSyslog(name: string): void {
  const bytes = Buffer.from(`${name}\0`);
  libcOpenlog(bytes, LOG_PID, LOG_DAEMON);
  ident = bytes;
}

/**
 * Hands one message to syslog(3). libc connects again by itself when the system's log daemon was
 * restarted, and has no way to tell that a message was not taken.
 *
 * @param severity one of {@link syslogSeverity}
 */
export function syslog(severity: number, message: string): void {
  // The message is an argument, never the format: it may hold any % sequence.
  libcSyslog(severity, '%s', 'str', message);
}

/** Closes libc's connection; a later {@link syslog} would open it again, without our name. */
export function closeSyslog(): void {
  if (ident === undefined) return;
  libcCloselog();
  ident = undefined;
}
