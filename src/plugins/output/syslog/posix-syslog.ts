import { createRequire } from 'node:module';

/** Facilities of syslog(3), in the order of their codes. */
export const FACILITIES = [
  'kern',
  'user',
  'mail',
  'daemon',
  'auth',
  'syslog',
  'lpr',
  'news',
  'uucp',
  'cron',
  'authpriv',
  'ftp',
  'local0',
  'local1',
  'local2',
  'local3',
  'local4',
  'local5',
  'local6',
  'local7',
] as const;
export type Facility = (typeof FACILITIES)[number];

/** Severities of syslog(3), the most important first. */
export const LEVELS = [
  'emerg',
  'alert',
  'crit',
  'err',
  'warning',
  'notice',
  'info',
  'debug',
] as const;
export type Level = (typeof LEVELS)[number];

/**
 * The module posix-syslog 0.0.1, over the `posix` of packages/posix. Its state, that of one log, is
 * of the thread that loads it.
 */
export interface PosixSyslog extends Readonly<Record<Level, (line: string) => void>> {
  /**
   * Without it the first line opens the log under another name. `options` are those of `openlog`:
   * packages/posix/index.d.ts.
   */
  open(
    ident: string,
    options: { readonly pid: boolean; readonly ndelay: boolean; readonly timeout: number },
    facility: Facility,
  ): void;
  close(): void;
}

/** @throws Error that says what to install when the module, or what it needs, is not there */
export function loadPosixSyslog(): PosixSyslog {
  try {
    return createRequire(import.meta.url)('posix-syslog');
  } catch (error) {
    const [reason] = (error instanceof Error ? error.message : String(error)).split('\n', 1);
    throw new Error(
      `the package posix-syslog cannot be loaded: ${reason}; install specter's dependencies again (npm ci)`,
      { cause: error },
    );
  }
}
