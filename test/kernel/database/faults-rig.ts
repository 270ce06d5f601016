import { type Daemon, type SpecterOptions, startSpecter } from '../../support/daemon.ts';
import type { Namespace } from '../../support/namespace.ts';
import { type BlockCounts, countedNow, countsOf } from '../../support/statistics.ts';
import { until } from '../../support/until.ts';
import type { FaultyServer, ServerKind, Stored } from './faults-servers.ts';

/** specter with a block that stores numbered packets in the table `packet` of a database. */
export class Rig {
  readonly kind: Pick<ServerKind, 'plugin' | 'prefix'>;
  readonly server: Pick<FaultyServer, 'target' | 'stored'>;
  readonly namespace: Namespace;
  readonly database: string;

  constructor(kind: Rig['kind'], server: Rig['server'], namespace: Namespace, database: string) {
    this.kind = kind;
    this.server = server;
    this.namespace = namespace;
    this.database = database;
  }

  /**
   * @param options of the plugin, without its prefix, by spaces: `batch=100 lazy`
   * @param user of the database; empty: whom specter runs as
   */
  config(options = '', user = 'specter'): string {
    const { plugin, prefix } = this.kind;
    const target = this.server.target(this.database).replaceAll(/\s*\n\s*/g, '\n  ');
    const login = user === '' ? '' : `user=${user}`;
    const all = [login, ...options.split(' ')].filter((option) => option !== '');
    const lines = all.map((option) => `  ${prefix}${option.replace('=', ' ')}\n`);
    return `global {
  rmem 64M
}
5 {
  qthreshold 1
  plugin BASE
  plugin ${plugin}
  ${target}
${lines.join('')}}
`;
  }

  /** Starts specter with such a config. */
  async specter(options = '', others: Partial<SpecterOptions> = {}): Promise<Daemon> {
    const { namespace } = this;
    return await startSpecter({ namespace, config: this.config(options), ...others });
  }

  /** What specter has counted up to now. */
  counted(specter: Daemon): Promise<BlockCounts> {
    return countedNow(specter, '5', this.kind.plugin);
  }

  /** What a log says that specter has counted. */
  counts(log: string): BlockCounts {
    return countsOf(log, '5');
  }

  /** What the output has counted, of such counts. */
  output({ stages }: BlockCounts): Readonly<Record<string, number>> {
    return stages[this.kind.plugin] ?? {};
  }

  /** Waits until a counter of the output has a value, or one that will do. */
  async untilCounted(
    specter: Daemon,
    name: string,
    value: number | ((value: number) => boolean),
  ): Promise<void> {
    const isRight = typeof value === 'number' ? (now: number) => now === value : value;
    await until(
      async () => isRight(this.output(await this.counted(specter))[name] ?? Number.NaN),
      `${name} ${value}; the log:\n${specter.stderr}`,
    );
  }

  stored(): Promise<Stored> {
    return this.server.stored(this.database);
  }
}

/** The table's contents when each of so many packets is there once. */
export const allOf = (packets: number): Stored => ({
  rows: packets,
  distinct: packets,
  first: 0,
  last: packets - 1,
});
