/** A file that cannot be gone on with. The message says why, and what the user can do. */
export class CaptureFileError extends Error {
  override readonly name = 'CaptureFileError';
  readonly path: string;

  constructor(path: string, reason: string, advice: string) {
    super(`'${path}' ${reason}; ${advice}`);
    this.path = path;
  }
}

/** What helps against a file that is not what it should be. */
export const moveAway = 'nothing was changed in it: move it away, or choose another pcapfile';
