import { expect } from 'vitest';
import { NETLINK_NETFILTER } from '../../../src/netlink/constants.ts';
import { NetlinkSocket } from '../../../src/netlink/index.ts';
import {
  findSet,
  type NftSet,
  type SetName,
  SetWriter,
  type SetWriterOptions,
  Transaction,
} from '../../../src/netlink/nftables/index.ts';
import { Namespace } from '../../support/namespace.ts';
import { Inside } from './inside.ts';

export const nameOf = (set: string, table = 't'): SetName => ({ family: 'inet', table, set });

/** What `nft -j` says of an element with a timeout. */
export interface TimedElement {
  readonly elem: { readonly val: unknown; readonly timeout: number; readonly expires: number };
}

/** The table `inet t` in a namespace of its own, and a socket of this process that changes it. */
export class NftTable implements AsyncDisposable {
  readonly namespace: Namespace;
  readonly socket: NetlinkSocket;
  readonly transaction: Transaction;
  readonly #inside: Inside;

  private constructor(namespace: Namespace) {
    this.namespace = namespace;
    this.#inside = new Inside(namespace);
    this.socket = NetlinkSocket.open(NETLINK_NETFILTER);
    this.transaction = new Transaction(this.socket);
  }

  static async create(): Promise<NftTable> {
    const namespace = await Namespace.create();
    await namespace.nft('add table inet t');
    return new NftTable(namespace);
  }

  async addSet(name: string, declaration: string): Promise<NftSet> {
    await this.namespace.nft(`add set inet t ${name} { ${declaration} }`);
    const set = findSet(this.socket, nameOf(name));
    if (typeof set === 'string') throw new Error(set);
    return set;
  }

  writerOf(set: NftSet, options: Partial<SetWriterOptions> = {}): SetWriter {
    const defaults = { action: 'add', refresh: 'update', capacity: 4096 } as const;
    return new SetWriter(this.transaction, set, { ...defaults, ...options });
  }

  /** What `nft -j` lists. */
  async elementsOf(set: string): Promise<unknown[]> {
    const listed = await this.namespace.exec('nft', '-j', 'list', 'set', 'inet', 't', set);
    return JSON.parse(listed).nftables[1].set.elem ?? [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.close();
    this.#inside[Symbol.dispose]();
    await this.namespace[Symbol.asyncDispose]();
  }
}

/** Writes elements with these keys; returns what became of each. */
export function write(writer: SetWriter, ...keys: number[][]): number[] {
  const refused = writer.write(Uint8Array.from(keys.flat()), keys.length);
  const errnos = [...writer.errnos.subarray(0, keys.length)];
  expect(errnos.filter((errno) => errno !== 0)).toHaveLength(refused);
  return errnos;
}
