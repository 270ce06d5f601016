import { closeSync } from 'node:fs';
import type { OpenedFile } from '../append-file.ts';
import { CaptureFile, type CaptureFileContext } from './capture-file.ts';
import { CaptureFileError } from './capture-file-error.ts';
import { checkFolder, shiftNumberedFiles, unshiftNewest } from './numbered-files.ts';

export interface CaptureFilesOptions {
  /** Absolute. */
  readonly path: string;
  /** Whether files are exchanged at some size or age; how many old ones stay. */
  readonly rotates: boolean;
  readonly keep: number;
  /** The output of the config before still writes to the file. */
  readonly predecessorAtWork: boolean;
}

/** The files of one output, one after the other, all with the same name while they are written. */
export class CaptureFiles {
  /** Files that were exchanged for new ones. */
  rotations = 0;
  readonly #options: CaptureFilesOptions;
  readonly #context: CaptureFileContext;
  #predecessorAtWork: boolean;

  constructor(options: CaptureFilesOptions, context: CaptureFileContext) {
    this.#options = options;
    this.#context = context;
    this.#predecessorAtWork = options.predecessorAtWork;
  }

  /** See AppendFileOptions.open. */
  readonly open = (current: OpenedFile | undefined): OpenedFile => {
    if (!current) return this.#openFirst();
    const { path } = this.#options;
    const isFirst = this.#predecessorAtWork;
    this.#predecessorAtWork = false;
    const file = CaptureFile.open(path, this.#context);
    if (current instanceof CaptureFile && file.isSameAs(current)) {
      closeSync(file.fd);
      if (isFirst) current.lock();
      return current;
    }
    return prepared(file);
  };

  /** See AppendFileOptions.next. */
  readonly next = (): OpenedFile => {
    const { path, keep } = this.#options;
    shiftNumberedFiles(path, keep);
    try {
      const file = prepared(CaptureFile.open(path, this.#context));
      this.rotations++;
      return file;
    } catch (error) {
      unshiftNewest(path);
      throw error;
    }
  };

  #openFirst(): CaptureFile {
    const { path, rotates } = this.#options;
    const file = CaptureFile.open(path, this.#context);
    try {
      if (rotates) this.#checkRotation(file);
      if (this.#predecessorAtWork) file.look();
      else file.prepare();
      return file;
    } catch (error) {
      closeSync(file.fd);
      throw error;
    }
  }

  #checkRotation(file: CaptureFile): void {
    if (!file.isRegular) {
      const advice = 'choose another pcapfile, or leave out pcaprotate';
      throw new CaptureFileError(file.path, 'is no regular file and cannot be rotated', advice);
    }
    checkFolder(file.path, this.#context.host);
  }
}

function prepared(file: CaptureFile): CaptureFile {
  try {
    file.prepare();
    return file;
  } catch (error) {
    closeSync(file.fd);
    throw error;
  }
}
