import type { Namespace } from './namespace.ts';
import type { RunningProcess } from './running-process.ts';
import { scriptCommand } from './script-command.ts';

const childScript = new URL('./send-packets-child.ts', import.meta.url);

/** Sends Ethernet frames, byte for byte, from an interface of a namespace. */
export class PacketSender implements AsyncDisposable {
  readonly #child: RunningProcess;
  #sent = 0;

  /** @param interfaceName an Ethernet interface of `namespace` that is up */
  constructor(namespace: Namespace, interfaceName: string) {
    const [command, ...args] = scriptCommand(childScript, interfaceName);
    this.#child = namespace.spawn(command, args, { stdin: true });
    // When the child has failed, what it wrote to standard error says more than EPIPE.
    this.#child.stdin?.on('error', () => undefined);
  }

  /**
   * Resolves when the interface has taken all frames.
   * @throws Error with the system call's message when it refuses one
   */
  async send(frames: readonly Uint8Array[]): Promise<void> {
    this.#sent += frames.length;
    const { stdin } = this.#child;
    for (const frame of frames) {
      stdin?.write(length(frame.length));
      stdin?.write(frame);
    }
    stdin?.write(length(0));
    await this.#child.waitForLog(new RegExp(`^sent ${this.#sent}$`, 'm'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child[Symbol.asyncDispose]();
  }
}

/** Sends frames from an interface of a namespace, with a {@link PacketSender} of its own. */
export async function sendFrames(
  namespace: Namespace,
  interfaceName: string,
  frames: readonly Uint8Array[],
): Promise<void> {
  await using sender = new PacketSender(namespace, interfaceName);
  await sender.send(frames);
}

function length(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
