import { rmSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Folders to remove if this process exits before their disposal. */
const remaining = new Set<string>();
process.once('exit', () => {
  for (const path of remaining) rmSync(path, { recursive: true, force: true });
});

/** A temporary folder that goes with its test. */
export class ScratchFolder implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
    remaining.add(path);
  }

  /** Everyone may enter: a daemon that dropped its privileges still has to find its files. */
  static async create(): Promise<ScratchFolder> {
    const path = await mkdtemp(join(tmpdir(), 'specter-'));
    await chmod(path, 0o755);
    return new ScratchFolder(path);
  }

  join(name: string): string {
    return join(this.path, name);
  }

  /** Writes a file and returns its path. */
  async write(name: string, content: string | Uint8Array): Promise<string> {
    const file = this.join(name);
    await writeFile(file, content);
    return file;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    remaining.delete(this.path);
    await rm(this.path, { recursive: true, force: true });
  }
}
