import { close } from 'node:fs';
import type { FileEnd, OpenedFile } from './opened-file.ts';

/** The file that chunks are written to: first its head, then rows. */
export class FileUnderWay {
  readonly opened: OpenedFile;
  /** Whether its head is in it, so that rows may follow. */
  begun = false;
  /** The head while it is being written, and how much of it is there. */
  head: Uint8Array | undefined;
  headDone = 0;

  constructor(opened: OpenedFile) {
    this.opened = opened;
  }

  /** Asks for the head, unless that is known: see OpenedFile.head. */
  begin(passed: number): void {
    if (this.begun || this.head) return;
    const head = this.opened.head?.(passed);
    this.headDone = 0;
    this.head = head?.length ? head : undefined;
    this.begun = this.head === undefined;
  }

  /** Notes bytes of the head that are in the file. */
  wroteHead(count: number): void {
    this.headDone += count;
    if (this.headDone < (this.head?.length ?? 0)) return;
    this.head = undefined;
    this.begun = true;
  }

  /** What was written so far is of no use any more. */
  beginAnew(): void {
    this.head = undefined;
    this.begun = false;
  }
}

/**
 * Ends a file and closes it. Network file systems may tell only now that they could not keep what they
 * took.
 *
 * @param failed told of each error, none is thrown
 */
export function closeFile(
  file: OpenedFile,
  end: FileEnd,
  failed: (error: unknown) => void,
): Promise<void> {
  try {
    file.finish?.(end);
  } catch (error) {
    failed(error);
  }
  return new Promise((resolve) => {
    close(file.fd, (error) => {
      if (error) failed(error);
      resolve();
    });
  });
}
