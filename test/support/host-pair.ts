import { Namespace } from './namespace.ts';
import { PacketSender } from './send-packets.ts';

/** Addresses that the builders in packets.ts take by default. */
export const sourceMac = '02:00:00:00:00:01';
export const destinationMac = '02:00:00:00:00:02';

/**
 * Two namespaces with a cable between them: frames sent from `outside` arrive at `inside` on the
 * interface `wan0`, whose address is {@link destinationMac}.
 *
 * Frames of the kernel's own (neighbour discovery, multicast reports) come from another address than
 * {@link sourceMac}, by which rules can tell them apart.
 */
export class HostPair implements AsyncDisposable {
  readonly inside: Namespace;
  readonly #outside: Namespace;
  readonly #sender: PacketSender;

  private constructor(inside: Namespace, outside: Namespace) {
    this.inside = inside;
    this.#outside = outside;
    this.#sender = new PacketSender(outside, 'out0');
  }

  static async create(): Promise<HostPair> {
    const inside = await Namespace.create();
    const outside = await Namespace.create();
    await outside.veth('out0', inside, 'wan0');
    await inside.exec('ip', 'link', 'set', 'wan0', 'address', destinationMac);
    return new HostPair(inside, outside);
  }

  /** Sends Ethernet frames from the outside; resolves when the cable has taken them. */
  async send(...frames: Uint8Array[]): Promise<void> {
    await this.#sender.send(frames);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sender[Symbol.asyncDispose]();
    await this.#outside[Symbol.asyncDispose]();
    await this.inside[Symbol.asyncDispose]();
  }
}
