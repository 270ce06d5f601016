import { Daemon, readyMessage, specterBinary, whenReady } from './daemon.ts';
import type { Namespace } from './namespace.ts';
import { ScratchFolder } from './scratch-folder.ts';

/** Mounts a disk of `$1` bytes on `$0`, of which `$2` are taken, then becomes the rest. */
const withDisk = `size=$1 taken=$2; shift 2
mount -t tmpfs -o size=$size tmpfs "$0" || exit
[ "$taken" = 0 ] || head -c "$taken" /dev/zero >"$0/ballast" || exit
exec "$@"`;

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
   * @param taken bytes that are not free
   */
  static async create(
    namespace: Namespace,
    size: string,
    config: (path: string) => string,
    taken = 0,
  ): Promise<SmallDisk> {
    const folder = await ScratchFolder.create();
    const mountPoint = await ScratchFolder.create();
    const { path } = mountPoint;
    const file = await folder.write('specter.conf', config(path));
    const command = [specterBinary, '-v', '-c', file];
    const args = ['--mount', 'sh', '-c', withDisk, path, size, String(taken), ...command];
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
