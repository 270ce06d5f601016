/** Something with a spool's folder that went wrong, and what to do about it. */
export class SpoolError extends Error {
  override readonly name = 'SpoolError';
  /** The file or folder in question. */
  readonly path: string;
  /** errno's name, such as `ENOSPC`, where it was the system that refused. */
  readonly code: string | undefined;

  /** @param advice what the user can do */
  constructor(path: string, reason: string, advice?: string, options?: ErrorOptions) {
    super(`${path}: ${reason}${advice === undefined ? '' : `; ${advice}`}`, options);
    this.path = path;
    const { cause } = options ?? {};
    this.code = isSystemError(cause) ? cause.code : undefined;
  }

  /** From an error of Node's fs. */
  static from(path: string, error: unknown, advice?: string): SpoolError {
    if (error instanceof SpoolError) return error;
    const reason = error instanceof Error ? error.message : String(error);
    return new SpoolError(path, reason, advice, { cause: error });
  }
}

export const isSystemError = (error: unknown): error is NodeJS.ErrnoException & { code: string } =>
  error instanceof Error && 'code' in error && typeof error.code === 'string';
