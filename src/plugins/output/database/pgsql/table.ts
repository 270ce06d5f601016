import type { ClientBase } from 'pg';
import type { TableLayout } from '../layout.ts';
import { ID_COLUMN } from '../row-id.ts';
import {
  findIdIndex,
  findRelation,
  type IdIndex,
  type PgColumn,
  type Relation,
  readColumns,
} from './catalogue.ts';
import { quotePath } from './names.ts';
import { mayNotInsert, PgsqlError } from './pgsql-error.ts';
import { findProcedure, isInsert, type Procedure } from './procedure.ts';

/** What there is to fill, as the server knows it. */
export interface PgTable {
  readonly relation: Relation;
  /** `"public"."ulog2"`. */
  readonly path: string;
  readonly layout: TableLayout;
  /** Those of the layout. */
  readonly columns: readonly PgColumn[];
  /** Called instead of INSERT. */
  readonly procedure: Procedure | undefined;
  readonly idIndex: IdIndex | undefined;
}

/** What to look for. */
export interface Wanted {
  readonly schema: string;
  readonly table: string;
  /** `INSERT`, or the name of what is called for each row. */
  readonly procedure: string;
}

/** @throws PgsqlError that says what is missing */
export async function readTable(client: ClientBase, wanted: Wanted): Promise<PgTable> {
  const relation = await findRelation(client, wanted.schema, wanted.table);
  if (!relation) throw await tableMissing(client, wanted);
  const encoding = await readEncoding(client);
  const columns = await readColumns(client, relation, encoding);
  const path = quotePath(relation.schema, relation.name);
  const name = `${relation.schema}.${relation.name}`;
  if (!isInsert(wanted.procedure)) {
    const { procedure: written, schema } = wanted;
    const procedure = await findProcedure(client, written, schema, columns, encoding);
    const taken = procedure.arguments;
    const layout = { table: name, columns: taken, positional: true };
    return { relation, path, layout, columns: taken, procedure, idIndex: undefined };
  }
  if (!relation.takesRows) throw takesNoRows(name);
  if (columns.length > 0 && !columns.some(({ mayInsert }) => mayInsert)) {
    throw mayNotInsert(name, path);
  }
  const id = columns.find((column) => column.name.toLowerCase() === ID_COLUMN);
  const idIndex =
    id && relation.takesOnConflict ? await findIdIndex(client, relation, id.name) : undefined;
  if (idIndex && !idIndex.mayRead) throw mayNotRead(path, name, idIndex);
  const layout = { table: name, columns, positional: false };
  return { relation, path, layout, columns, procedure: undefined, idIndex };
}

/** How the database keeps texts: `UTF8`. */
async function readEncoding(client: ClientBase): Promise<string> {
  const { rows } = await client.query<{ server_encoding: string }>('SHOW server_encoding');
  return rows[0]?.server_encoding ?? '';
}

async function tableMissing(client: ClientBase, { schema, table }: Wanted): Promise<PgsqlError> {
  const { rows } = await client.query<{ path: string }>(
    `SELECT n.nspname || '.' || c.relname AS path
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition
       AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1 LIMIT 8`,
  );
  const there = rows.map(({ path }) => path).join(', ');
  return new PgsqlError(`find the table ${schema}.${table}`, 'there is none of this name', {
    code: '42P01',
    hint: there
      ? `there are ${there}`
      : 'the database has no tables: load a schema, such as contrib/sql/pgsql.sql',
  });
}

const takesNoRows = (name: string): PgsqlError =>
  new PgsqlError(`insert into ${name}`, 'it is a view that takes no rows', {
    hint: 'name a table, or for the view of ulogd2 set pgsqlprocedure INSERT_PACKET_FULL',
  });

/** PostgreSQL's documentation, "INSERT": ON CONFLICT needs the right to read the columns it names. */
function mayNotRead(path: string, name: string, { columns }: IdIndex): PgsqlError {
  return new PgsqlError(
    `read ${columns.join(', ')} of ${name}, to know rows again`,
    'permission denied',
    {
      code: '42501',
      hint: `as the owner: GRANT SELECT (${columns.join(', ')}) ON ${path} TO the user`,
    },
  );
}
