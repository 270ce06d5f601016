/** What the import asks the machine that it runs on. */
export interface Machine {
  /** Absolute; relative paths are taken from it. */
  readonly folder: string;
  /** Whether an absolute path is that of a file that may be executed. */
  isExecutable(path: string): boolean;
  /** The text of a file, given by its absolute path; undefined when it cannot be read. */
  readText(path: string): string | undefined;
}
