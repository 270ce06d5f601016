/** What was thrown, as an Error: third-party code may throw anything. */
export const toError = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error(String(thrown));

/** The message of what was thrown. */
export const messageOf = (thrown: unknown): string => toError(thrown).message;
