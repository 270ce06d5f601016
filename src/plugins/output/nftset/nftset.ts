import { release } from 'node:os';
import { NETLINK_NETFILTER } from '../../../netlink/constants.ts';
import { NetlinkSocket } from '../../../netlink/index.ts';
import {
  type Refresh,
  refreshOf,
  type SetName,
  Transaction,
} from '../../../netlink/nftables/index.ts';
import type { Batch } from '../../../records/batch.ts';
import type { KeyColumn } from '../../../records/column-set.ts';
import type { Counts, OutputCounters, OutputInstance, PluginContext } from '../../api.ts';
import { newCounts } from './counts.ts';
import { ENCODED, OTHER_FAMILY, WITHOUT_KEY } from './element-encoder.ts';
import { NftsetError } from './nftset-error.ts';
import { Target } from './target.ts';

export interface NftsetSettings {
  /** One set, or one for IPv4 and one for IPv6. */
  readonly sets: readonly SetName[];
  /** Names of the keys that an element is made of. */
  readonly keys: readonly string[];
  readonly action: 'add' | 'delete';
  /** How long added elements stay, in ms. Default: as long as the set says. */
  readonly timeoutMs: number | undefined;
  /** Default: what this kernel needs. */
  readonly refresh?: Refresh;
}

/** Keeps elements of nftables sets in step with packets, over a netlink socket of its own. */
export class Nftset implements OutputInstance {
  readonly counters: OutputCounters = { written: 0, dropped: 0, errors: 0 };
  readonly #counts = newCounts();
  readonly #context: PluginContext<unknown>;
  readonly #socket: NetlinkSocket;
  readonly #targets: readonly Target[];
  #hasToldSkipped = false;

  /** Throws NftsetError when a set cannot take the elements, NetlinkError, SyscallError. */
  constructor(context: PluginContext<unknown>, settings: NftsetSettings) {
    this.#context = context;
    if (!context.host.hasCapability('net_admin')) {
      throw new NftsetError(
        'NFTSET needs CAP_NET_ADMIN to change sets: add `keepcaps net_admin` to the block global, or run as root',
      );
    }
    this.#socket = NetlinkSocket.open(NETLINK_NETFILTER);
    try {
      this.#targets = this.#openTargets(settings);
    } catch (error) {
      this.#socket.close();
      throw error;
    }
  }

  #openTargets({ sets, keys, action, timeoutMs, refresh }: NftsetSettings): Target[] {
    const { columns: columnSet, log } = this.#context;
    const columns = keys.map((name) => columnSet.find(name)).filter(isColumn);
    if (columns.length < keys.length) {
      throw new NftsetError(`nothing provides a key of nftkey ${keys.join(' . ')}`);
    }
    const transaction = new Transaction(this.#socket);
    const targets = sets.map((name, index) => {
      const demand = {
        keys: columns.map(({ key }) => key),
        needsTimeout: action === 'add' && timeoutMs !== undefined,
        addressType: isForIpv6(name, index) ? 'ipv6_addr' : 'ipv4_addr',
      } as const;
      return new Target(this.#socket, transaction, name, {
        action,
        timeoutMs,
        refresh: refresh ?? refreshOf(release()),
        demand,
        columns,
        capacity: columnSet.capacity,
        log,
      });
    });
    checkFamilies(targets);
    return targets;
  }

  write(batch: Batch): void {
    const targets = this.#targets;
    const counts = this.#counts;
    for (let t = 0; t < targets.length; t++) (targets[t] as Target).prepare(this.counters);
    let skipped = 0;
    const { selected } = batch;
    for (let i = 0; i < selected; i++) {
      const row = batch.row(i);
      const encoding = this.#take(row);
      if (encoding === ENCODED) continue;
      skipped++;
      if (encoding === WITHOUT_KEY) counts['without key']++;
      else counts['other family']++;
    }
    for (let t = 0; t < targets.length; t++) (targets[t] as Target).flush(this.counters, counts);
    if (skipped > 0) this.#countSkipped(skipped);
  }

  /** Gives the row to the set that it is for. */
  #take(row: number): number {
    let encoding: number = OTHER_FAMILY;
    for (let t = 0; encoding === OTHER_FAMILY && t < this.#targets.length; t++) {
      encoding = (this.#targets[t] as Target).take(row, this.#counts);
    }
    return encoding;
  }

  /** Rows that are for no set are nothing wrong: the log tells once, the counters always. */
  #countSkipped(rows: number): void {
    this.counters.dropped += rows;
    if (this.#hasToldSkipped) return;
    this.#hasToldSkipped = true;
    this.#context.log.info(
      'some records make no element: the statistics count them as `other family` or `without key`',
    );
  }

  details(): Counts {
    return { ...this.#counts };
  }

  /** Looks the sets up again, each whether or not another one fails. */
  reopen(): void {
    const errors: unknown[] = [];
    for (const target of this.#targets) {
      try {
        target.reopen();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }

  async close(): Promise<void> {
    this.#socket.close();
  }
}

/** Whether a set that is not there was most likely meant for IPv6: of two the second one. */
const isForIpv6 = ({ family }: SetName, index: number): boolean =>
  family === 'ip6' || (family !== 'ip' && index === 1);

const isColumn = (column: KeyColumn | undefined): column is KeyColumn => column !== undefined;

/** Two sets share the rows by address family: each has to be for one of its own. */
function checkFamilies([first, second]: readonly Target[]): void {
  if (!first || !second) return;
  const families = [first, second].map(({ types }) =>
    types.find((type) => /^ipv[46]_addr$/.test(type)),
  );
  const [one, other] = families;
  if (one !== undefined && other !== undefined && one !== other) return;
  throw new NftsetError(
    one === undefined
      ? 'two sets need elements with an address, by whose family records are told apart'
      : `${first.title} and ${second.title} both have elements of type ${one}: one must be for IPv4, one for IPv6`,
  );
}
