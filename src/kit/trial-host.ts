import { execFileSync } from 'node:child_process';
import {
  constants,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { OptionSchemas, ResolvedValues } from '../config-grammar/index.ts';
import type { Host, LinkNames } from '../plugins/api.ts';

/**
 * What becomes of files that a plugin appends to: they are files; a disk that is full; a pipe that
 * nobody reads; or they cannot be opened.
 */
export type Sink = 'file' | 'full' | 'stuck' | 'refused';

/** Interfaces whose names are as bad as names can be; any other index is unknown. */
export const hostileLinks: LinkNames = {
  revision: 1,
  bytes(index) {
    if (index === 0) return undefined;
    return index % 2 === 0 ? Buffer.from('eth\xff\x1b"<%', 'latin1') : Buffer.from('lo');
  },
};

/** No index is known. */
export const noLinks: LinkNames = { revision: 1, bytes: () => undefined };

/**
 * A host whose files all lie in a temporary folder, under the paths that they would have on this
 * machine: `/var/log/x.log` is `FOLDER/var/log/x.log`. Folders that are there are there in it, and
 * files that are read are copied in when they are asked for.
 */
export class TrialHost implements Host {
  readonly hostname = 'trial';
  readonly uid = process.geteuid?.() ?? 0;
  readonly links: LinkNames;
  /** Where the files are; removed by `dispose`. */
  readonly folder = mkdtempSync(join(tmpdir(), 'specter-check-'));
  /** Files that the plugin has asked for. */
  asked = 0;
  readonly #sink: Sink;

  constructor(sink: Sink, links: LinkNames) {
    this.#sink = sink;
    this.links = links;
  }

  openAppend(path: string): number {
    this.asked++;
    switch (this.#sink) {
      case 'file':
        return openSync(this.absolutePath(path), 'a', 0o640);
      case 'full':
        return openSync('/dev/full', 'a');
      case 'stuck':
        return this.#openPipe();
      case 'refused':
        throw refusal(path);
    }
  }

  openUpdate(path: string): number {
    this.asked++;
    if (this.#sink === 'refused') throw refusal(path);
    return openSync(this.absolutePath(path), 'r+');
  }

  absolutePath(path: string): string {
    const absolute = resolve(path);
    const mirrored = absolute.startsWith(`${this.folder}/`)
      ? absolute
      : join(this.folder, absolute);
    this.#provide(absolute, mirrored);
    return mirrored;
  }

  asUser<Result>(action: () => Result): Result {
    return action();
  }

  hasCapability(): boolean {
    return true;
  }

  /** The same values with the paths of files in the folder. */
  localise(schemas: OptionSchemas, values: ResolvedValues): ResolvedValues {
    const local = { ...values };
    for (const [name, schema] of Object.entries(schemas)) {
      const value = values[name];
      if (schema.type !== 'path' || schema.access === 'none' || typeof value !== 'string') continue;
      if (!schema.words?.includes(value)) local[name] = this.absolutePath(value);
    }
    return local;
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Makes the folders of a path, and the path itself where this machine has it. */
  #provide(original: string, mirrored: string): void {
    const there = statSync(original, { throwIfNoEntry: false });
    mkdirSync(there?.isDirectory() ? mirrored : dirname(mirrored), { recursive: true });
    const isNew = statSync(mirrored, { throwIfNoEntry: false }) === undefined;
    if (there?.isFile() && isNew) copyFileSync(original, mirrored);
  }

  #openPipe(): number {
    const path = join(this.folder, `.pipe${this.asked}`);
    execFileSync('mkfifo', [path]);
    // Open for reading as well, a pipe needs no other end; it takes 64 KiB.
    return openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  }
}

function refusal(path: string): Error {
  const message = `EACCES: permission denied, open '${path}'`;
  return Object.assign(new Error(message), { code: 'EACCES', errno: -13, syscall: 'open', path });
}
