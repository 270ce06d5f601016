import { Namespace } from '../../support/namespace.ts';
import { until } from '../../support/until.ts';
import { TcpHost } from './tcp-host.ts';

/** A host on the outside. */
export interface Visitor {
  readonly namespace: Namespace;
  readonly tcp: TcpHost;
  /** Its own addresses, by family. */
  readonly own: Readonly<Record<Family, string>>;
  /** The guarded host's addresses on the cable to it. */
  readonly server: Readonly<Record<Family, string>>;
}

export type Family = 'IPv4' | 'IPv6';
export const families: readonly Family[] = ['IPv4', 'IPv6'];

/** A host with firewall and services, and two others, each at the end of a cable of its own. */
export class GuardedHost implements AsyncDisposable {
  readonly namespace: Namespace;
  readonly tcp: TcpHost;
  readonly client: Visitor;
  readonly stranger: Visitor;

  private constructor(namespace: Namespace, client: Visitor, stranger: Visitor) {
    this.namespace = namespace;
    this.tcp = new TcpHost(namespace);
    this.client = client;
    this.stranger = stranger;
  }

  /** @param ports on which the guarded host listens */
  static async create(...ports: number[]): Promise<GuardedHost> {
    const namespace = await Namespace.create();
    const client = await connect(namespace, 'wan0', 1);
    const stranger = await connect(namespace, 'wan1', 2);
    const host = new GuardedHost(namespace, client, stranger);
    for (const port of ports) await host.tcp.listen(port);
    return host;
  }

  /** The addresses in a set of the firewall, in no order. */
  async elements(table: string, set: string): Promise<string[]> {
    const json = await this.namespace.exec('nft', '-j', 'list', 'set', 'inet', table, set);
    const { nftables }: SetListing = JSON.parse(json);
    return nftables
      .flatMap((object) => object.set?.elem ?? [])
      .map((element) => (typeof element === 'string' ? element : element.elem.val));
  }

  /** Waits until a set of the firewall has exactly these elements. */
  async untilElements(table: string, set: string, ...expected: string[]): Promise<void> {
    const wanted = [...expected].sort().join();
    const holds = async () => (await this.elements(table, set)).sort().join() === wanted;
    await until(holds, `set ${set} holding {${wanted}}`);
  }

  /** Takes everything out of a set of the firewall. */
  async flush(table: string, set: string): Promise<void> {
    await this.namespace.exec('nft', 'flush', 'set', 'inet', table, set);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.namespace[Symbol.asyncDispose]();
    await this.stranger.namespace[Symbol.asyncDispose]();
    await this.namespace[Symbol.asyncDispose]();
  }
}

/** What is used of `nft -j list set`. An element without timeout is its bare value. */
interface SetListing {
  readonly nftables: readonly {
    readonly set?: {
      readonly elem?: readonly (string | { readonly elem: { readonly val: string } })[];
    };
  }[];
}

/** @param net distinguishes the networks of the cables */
async function connect(server: Namespace, wan: string, net: number): Promise<Visitor> {
  const namespace = await Namespace.create();
  await namespace.veth('out0', server, wan);
  const addressesOf = (host: number) => ({
    IPv4: `198.51.${100 + net}.${host}`,
    IPv6: `2001:db8:${net}::${host}`,
  });
  const ends = { server: addressesOf(1), own: addressesOf(2) };
  for (const { owner, name, addresses } of [
    { owner: server, name: wan, addresses: ends.server },
    { owner: namespace, name: 'out0', addresses: ends.own },
  ]) {
    await owner.address(name, `${addresses.IPv4}/24`);
    await owner.address(name, `${addresses.IPv6}/64`);
  }
  return { namespace, tcp: new TcpHost(namespace), ...ends };
}
