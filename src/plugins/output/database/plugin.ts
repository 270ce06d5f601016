import {
  defineOutput,
  type Host,
  type OptionSchemas,
  type OptionValues,
  type OutputPlugin,
  type ValueProblem,
} from '../../api.ts';
import { isAtWork } from '../queue/at-work.ts';
import type { Database } from './database.ts';
import { openDatabase, sessionsOf } from './open-database.ts';
import type { CommonValues } from './options.ts';
import type { SessionOpener } from './session.ts';
import { surveyTable } from './survey-table.ts';

/** A kind of database, as a plugin needs it. */
interface DatabaseKind<Schemas extends OptionSchemas> {
  /** `PGSQL` */
  readonly name: string;
  readonly summary: string;
  /** What its options' names begin with: `pgsql`. */
  readonly prefix: string;
  readonly options: Schemas;
  common(values: OptionValues<Schemas>): CommonValues;
  check?(values: OptionValues<Schemas>): readonly ValueProblem[];
  /** The database that options mean. Throws an Error where files of theirs cannot be used. */
  database(values: OptionValues<Schemas>, host: Host): Database;
  /** How rows get there. */
  sessions(database: Database, values: OptionValues<Schemas>, host: Host): SessionOpener;
}

/** An output that stores rows in databases of a kind. */
export function databasePlugin<const Schemas extends OptionSchemas>({
  name,
  summary,
  prefix,
  options,
  check,
  ...kind
}: DatabaseKind<Schemas>): OutputPlugin<Schemas> {
  return defineOutput<Schemas>({
    ...{ kind: 'output', name, summary, options, reads: [] },
    ...(check && { check }),
    survey: (context) => {
      const { lazy, ipv4only } = kind.common(context.options);
      const database = context.host.asUser(() => kind.database(context.options, context.host));
      // Before specter is the user that it runs as, no thread could act for that user. Nothing is received
      // then either, and so nothing has to wait for this one.
      const opener = isAtWork(context.host)
        ? kind.sessions(database, context.options, context.host)
        : sessionsOf(database);
      return surveyTable(opener, context, { prefix, lazy, ipv4only });
    },
    open: (context) => {
      const { options: values, host } = context;
      const database = host.asUser(() => kind.database(values, host));
      return openDatabase(
        context,
        name,
        kind.sessions(database, values, host),
        kind.common(values),
      );
    },
  });
}
