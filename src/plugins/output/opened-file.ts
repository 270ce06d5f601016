/** What a file has got when records go elsewhere from now on, or nowhere. */
export interface FileEnd {
  /** Bytes of whole records that this file and those before it have taken. */
  readonly passed: number;
  /** Bytes at its end that are the beginning of a record, or of the file's head. */
  readonly torn: number;
  /** Whether its head is in it. */
  readonly begun: boolean;
}

/** A file ready to be appended to. */
export interface OpenedFile {
  readonly path: string;
  readonly fd: number;
  /**
   * What the file has to begin with, before the first record. Asked for right before it is written;
   * again when the reader of a pipe has gone, for the next one.
   *
   * @param passed bytes of records that went into the files before this one
   */
  head?(passed: number): Uint8Array;
  /**
   * Whether somebody else has emptied the file, so that it has to begin anew. Asked before each write
   * of records: it has to be quick.
   */
  emptied?(): boolean;
  /** Writes what has to stand at the file's end, if anything. Called once, before it is closed. */
  finish?(end: FileEnd): void;
}
