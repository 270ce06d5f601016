import { Daemon, readyMessage, specterBinary, whenReady } from './daemon.ts';
import type { Namespace } from './namespace.ts';
import { ScratchFolder } from './scratch-folder.ts';

/** Mounts a disk of `$1` bytes on `$0`, then becomes the rest. */
const withDisk = 'size=$1; shift; mount -t tmpfs -o size=$size tmpfs "$0" && exec "$@"';

/** specter in a mount namespace of its own, where a folder is a disk that is full soon. */
export class SmallDisk implements AsyncDisposable {
  readonly specter: Daemon;
  readonly #mountPoint: ScratchFolder;

  private constructor(specter: Daemon, mountPoint: ScratchFolder) {
    this.specter = specter;
    this.#mountPoint = mountPoint;
  }

  /**
   * @param size of the disk: `1m`
   * @param config makes the config from the disk's path
   */
  static async create(
    namespace: Namespace,
    size: string,
    config: (path: string) => string,
  ): Promise<SmallDisk> {
    const folder = await ScratchFolder.create();
    const mountPoint = await ScratchFolder.create();
    const { path } = mountPoint;
    const file = await folder.write('specter.conf', config(path));
    const command = [specterBinary, '-v', '-c', file];
    const args = ['--mount', 'sh', '-c', withDisk, path, size, ...command];
    const specter = new Daemon(namespace.spawn('unshare', args), folder);
    return new SmallDisk(await whenReady(specter, readyMessage), mountPoint);
  }

  /** A file of the disk as it is seen from outside. */
  path(name: string): string {
    return `/proc/${this.specter.pid}/root${this.#mountPoint.join(name)}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.specter[Symbol.asyncDispose]();
    await this.#mountPoint[Symbol.asyncDispose]();
  }
}
