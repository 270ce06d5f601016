import type { UlogdStack } from '../../support/ulogd.ts';
import type { Fields } from './traffic.ts';

/** Where rows go: the table or view, and the procedure if they go through one. */
export interface Target {
  readonly database: string;
  readonly table: string;
  readonly procedure?: string;
}

/** What the tests with traffic need of databases of a kind. */
export interface TrafficServer extends AsyncDisposable {
  /** specter's plugin: `PGSQL` */
  readonly plugin: string;
  /** What its options begin with: `pgsql`. */
  readonly prefix: string;
  /** Makes a database and runs a script in it, with the client that users have for this. */
  createDatabase(name: string, script: string): Promise<void>;
  run(database: string, script: string): Promise<void>;
  /** Lines of a block of specter's config. */
  options(target: Target): string;
  /** A stack of ulogd2 as its example config has it. */
  ulogdStack(target: Target): UlogdStack;
  /** The rows of a SELECT: numbers and texts, booleans as 0 and 1, binary as hexadecimal; no NULL. */
  rows(database: string, select: string): Promise<Fields[]>;
}

/** As {@link TrafficServer.rows} has them, from what JSON says. */
export function fieldsOf(row: Readonly<Record<string, unknown>>): Fields {
  const entries = Object.entries(row).flatMap(([name, value]): [string, string | number][] => {
    if (typeof value === 'boolean') return [[name, Number(value)]];
    return typeof value === 'string' || typeof value === 'number' ? [[name, value]] : [];
  });
  return Object.fromEntries(entries);
}
