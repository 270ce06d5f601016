import type { OptionSchemas, OptionValues } from '../../api.ts';

/** Options that all databases have, each under a name of its own: `pgsqlbatch`. */
const common = {
  batch: {
    type: 'integer',
    min: 1,
    max: 100_000,
    default: 5000,
    help: 'rows that are stored at once',
  },
  flush: {
    type: 'duration',
    unit: 'ms',
    min: 1,
    max: 60_000,
    default: '200ms',
    help: 'how long a row waits for others to be stored with',
  },
  queue: {
    type: 'size',
    min: 256 << 10,
    max: 1 << 30,
    default: '32M',
    aliases: ['backlog_memcap'],
    help: 'memory for rows that wait for the database; further ones go to the spool, or are dropped',
  },
  spool: {
    type: 'path',
    access: 'none',
    help: 'folder for rows that wait while the database does not work; it survives the end of specter',
  },
  spoolmax: {
    type: 'size',
    min: 1 << 20,
    default: '1G',
    help: 'most bytes in the spool; beyond it the newest rows are dropped',
  },
  shutdown: {
    type: 'duration',
    default: '5s',
    max: 300_000,
    help: 'how long the end of specter waits for rows to be stored; the rest goes to the spool, or is dropped',
  },
  reconnect: {
    type: 'duration',
    default: '2s',
    max: 3_600_000,
    aliases: ['reconnect'],
    help: 'longest pause between attempts to reach the database',
  },
  lazy: {
    type: 'flag',
    help: 'start even if the database cannot be reached, and keep all keys of each record until then',
  },
  ipv4only: {
    type: 'flag',
    help: 'columns of whole numbers may take addresses: an IPv6 address becomes NULL, and is counted',
  },
} as const satisfies OptionSchemas;

export type CommonValues = OptionValues<typeof common>;

type Prefixed<Prefix extends string, Schemas> = {
  readonly [Name in keyof Schemas & string as `${Prefix}${Name}`]: Schemas[Name];
};

/** The common options under names with a prefix. */
export const commonOptions = <const Prefix extends string>(
  prefix: Prefix,
): Prefixed<Prefix, typeof common> => prefixed(prefix, common);

/** Options with a prefix to their names. */
export function prefixed<const Prefix extends string, const Schemas extends OptionSchemas>(
  prefix: Prefix,
  schemas: Schemas,
): Prefixed<Prefix, Schemas> {
  const entries = Object.entries(schemas).map(([name, schema]) => [prefix + name, schema]);
  // What Object.fromEntries cannot say: exactly these names have been given these schemas.
  return Object.fromEntries(entries) as Prefixed<Prefix, Schemas>;
}

/** The values of the common options, under their names without the prefix. */
export function commonValues<const Prefix extends string>(
  prefix: Prefix,
  values: OptionValues<Prefixed<Prefix, typeof common>>,
): CommonValues {
  const given: Readonly<Record<string, unknown>> = values;
  const entries = Object.keys(common).map((name) => [name, given[prefix + name]]);
  // As above, the other way round.
  return Object.fromEntries(entries) as CommonValues;
}
