import { chmod } from 'node:fs/promises';
import { ScratchFolder } from '../support/scratch-folder.ts';

/** Programs for EXEC to run, made before the config that names them is read. */
export class Hooks implements AsyncDisposable {
  readonly #folder: ScratchFolder;

  private constructor(folder: ScratchFolder) {
    this.#folder = folder;
  }

  static async create(): Promise<Hooks> {
    const folder = await ScratchFolder.create();
    // Hooks of other users leave their notes here as well.
    await chmod(folder.path, 0o777);
    return new Hooks(folder);
  }

  join(name: string): string {
    return this.#folder.join(name);
  }

  /** Writes a shell script that can be executed; returns its path. */
  async script(name: string, body: string): Promise<string> {
    const path = await this.#folder.write(name, `#!/bin/sh\n${body}\n`);
    await chmod(path, 0o755);
    return path;
  }

  /**
   * A program that appends its command line, as the kernel has it, to the file `record`: a line of
   * hexadecimal digits for each run.
   */
  async recorder(): Promise<string> {
    return await this.script(
      'recorder',
      `line=$(od -An -v -tx1 /proc/$$/cmdline | tr -d ' \\n')\necho "$line" >> ${this.join('record')}`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#folder[Symbol.asyncDispose]();
  }
}

/** The arguments in a line of {@link Hooks.recorder}, without shell and script; bytes as latin1. */
export function recordedArguments(line: string): string[] {
  const words = Buffer.from(line, 'hex').toString('latin1').split('\0');
  return words.slice(2, -1);
}
