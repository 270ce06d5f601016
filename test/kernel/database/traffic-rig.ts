import { HostPair, sourceMac } from '../../support/host-pair.ts';
import type { Namespace } from '../../support/namespace.ts';
import { ScratchFolder } from '../../support/scratch-folder.ts';
import {
  CUT_LENGTH,
  CUT_PORT,
  MARK,
  NASTY_PORT,
  NASTY_PREFIX,
  PREFIX,
  type TrafficPacket,
} from './traffic.ts';

/** A host whose firewall logs each packet that is sent to it to a number of NFLOG groups. */
export class TrafficRig implements AsyncDisposable {
  readonly #hosts: HostPair;

  private constructor(hosts: HostPair) {
    this.#hosts = hosts;
  }

  static async create(groups: readonly number[]): Promise<TrafficRig> {
    const hosts = await HostPair.create();
    const rig = new TrafficRig(hosts);
    try {
      await rig.#loadRules(groups);
    } catch (error) {
      await rig[Symbol.asyncDispose]();
      throw error;
    }
    return rig;
  }

  /** Where the packets arrive. */
  get namespace(): Namespace {
    return this.#hosts.inside;
  }

  async send(packets: readonly Pick<TrafficPacket, 'frame'>[]): Promise<void> {
    await this.#hosts.send(...packets.map(({ frame }) => frame));
  }

  /**
   * Logs packets to a UDP port with another prefix, to one group.
   * @param prefix bytes that nft's language can have in a string
   */
  async logPort(port: number, group: number, prefix: Buffer): Promise<void> {
    await using folder = await ScratchFolder.create();
    const [before, after] = [
      `insert rule inet t c udp dport ${port} log prefix "`,
      `" group ${group} queue-threshold 1 accept\n`,
    ];
    const rule = Buffer.concat([Buffer.from(before), prefix, Buffer.from(after)]);
    await this.namespace.exec('nft', '-f', await folder.write('rule', rule));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#hosts[Symbol.asyncDispose]();
  }

  /** In nft's JSON: its language has no quotation marks in strings. */
  async #loadRules(groups: readonly number[]): Promise<void> {
    await using folder = await ScratchFolder.create();
    const file = await folder.write('rules.json', JSON.stringify({ nftables: rules(groups) }));
    await this.namespace.exec('nft', '-j', '-f', file);
  }
}

function rules(groups: readonly number[]): object[] {
  const log = (options: object): object[] =>
    groups.map((group) => ({ log: { group, 'queue-threshold': 1, prefix: PREFIX, ...options } }));
  const is = (protocol: string, field: string, right: string | number): object => ({
    match: { op: '==', left: { payload: { protocol, field } }, right },
  });
  const mark = { mangle: { key: { meta: { key: 'mark' } }, value: MARK } };
  const accept = { accept: null };
  const nasty = [is('udp', 'dport', NASTY_PORT), ...log({ prefix: NASTY_PREFIX }), accept];
  const cut = [is('udp', 'dport', CUT_PORT), ...log({ snaplen: CUT_LENGTH }), accept];
  const each = [mark, ...log({})];
  // Frames of the kernel's own come from another address.
  const ours = is('ether', 'saddr', sourceMac);
  return [
    ...chain('inet', 'prerouting', [
      [ours, mark, ...nasty],
      [ours, mark, ...cut],
      [ours, ...each],
    ]),
    ...chain('arp', 'input', [each]),
  ];
}

function chain(family: string, hook: string, expressions: readonly object[][]): object[] {
  const hooked = { type: 'filter', hook, prio: -300, policy: 'accept' };
  return [
    { add: { table: { family, name: 't' } } },
    { add: { chain: { family, table: 't', name: 'c', ...hooked } } },
    ...expressions.map((expr) => ({ add: { rule: { family, table: 't', chain: 'c', expr } } })),
  ];
}
