import { getSystemErrorMap } from 'node:util';

const names = getSystemErrorMap();

/** `EPERM` for 1 …; numbers that libuv has no name for give `errno 123`. */
export function errnoName(errno: number): string {
  return names.get(-errno)?.[0] ?? `errno ${errno}`;
}

/** `operation not permitted` for 1 … (libuv's wording). */
export function errnoText(errno: number): string {
  return names.get(-errno)?.[1] ?? 'unknown error';
}

/** A system call that failed: which one, with what errno, and what the user can do about it. */
export class SyscallError extends Error {
  override readonly name = 'SyscallError';
  /** The call as in its manual page, with its subject where it helps: `bind`, `open /var/log/x`. */
  readonly operation: string;
  /** Positive errno value. */
  readonly errno: number;
  /** errno's symbolic name: `EPERM`. */
  readonly code: string;
  readonly hint: string | undefined;

  constructor(operation: string, errno: number, hint?: string, options?: ErrorOptions) {
    const code = errnoName(errno);
    super(`${operation}: ${errnoText(errno)} (${code})${hint ? `; ${hint}` : ''}`, options);
    this.operation = operation;
    this.errno = errno;
    this.code = code;
    this.hint = hint;
  }
}
