import type { ClientBase } from 'pg';
import type { PgColumn } from './catalogue.ts';
import { columnType } from './column-type.ts';
import { parseName, quotePath } from './names.ts';
import { PgsqlError } from './pgsql-error.ts';

/** What is called for each row. */
export interface Procedure {
  /** `"public"."insert_packet_full"`. */
  readonly path: string;
  /** A PROCEDURE, for CALL, instead of a FUNCTION. */
  readonly isCalled: boolean;
  /** The arguments, under the names of the columns that they are filled from. */
  readonly arguments: readonly PgColumn[];
}

/** `INSERT`, which is no procedure; `INSERT INTO` is how ulogd2's manual has it in places. */
export const isInsert = (procedure: string): boolean =>
  /^\s*insert(?:\s+into)?\s*$/i.test(procedure);

const functionsSql = `
  SELECT p.oid::int8::text AS oid, n.nspname AS schema, p.proname AS name, p.prokind::text AS kind,
    p.pronargs AS arguments, has_function_privilege(p.oid, 'EXECUTE') AS may_execute,
    pg_get_function_identity_arguments(p.oid) AS signature
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE p.proname = ANY ($1::text[]) AND p.prokind IN ('f', 'p')
    AND n.nspname = ANY ($2::text[] || CASE WHEN $3 THEN current_schemas(true)::text[] END)
  ORDER BY array_position($2::text[] || current_schemas(true)::text[], n.nspname::text),
    array_position($1::text[], p.proname::text), signature`;

interface FunctionRow {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  readonly kind: string;
  readonly arguments: number;
  readonly may_execute: boolean;
  readonly signature: string;
}

const argumentsSql = `
  WITH RECURSIVE argument AS (
    SELECT a.type, a.position
    FROM pg_proc p, unnest(p.proargtypes::oid[]) WITH ORDINALITY AS a (type, position)
    WHERE p.oid = $1::int8::oid
  ), base AS (
    SELECT position, type FROM argument
    UNION ALL
    SELECT b.position, t.typbasetype FROM base b JOIN pg_type t ON t.oid = b.type
    WHERE t.typtype = 'd'
  )
  SELECT format_type(a.type, NULL) AS sql_type, b.type::int8::text AS type
  FROM argument a JOIN base b ON b.position = a.position
  JOIN pg_type t ON t.oid = b.type AND t.typtype <> 'd'
  ORDER BY a.position`;

/**
 * Finds the function or procedure that takes as many arguments as there are columns: in the schema
 * that its name gives; else in `schema`, then where the connection's search_path leads.
 *
 * @throws PgsqlError if there is none, more than one, or no right to call it
 */
export async function findProcedure(
  client: ClientBase,
  written: string,
  schema: string,
  columns: readonly PgColumn[],
  encoding: string,
): Promise<Procedure> {
  const wanted = parseName(written);
  const schemas = wanted.schema ?? [schema];
  const { rows } = await client.query<FunctionRow>(functionsSql, [
    wanted.name,
    schemas,
    wanted.schema === undefined,
  ]);
  const found = choose(written, rows, columns.length);
  const types = await client.query<{ sql_type: string; type: string }>(argumentsSql, [found.oid]);
  const taken = columns.map((column, i) => {
    const { sql_type: sqlType = '', type = '0' } = types.rows[i] ?? {};
    const typeOid = Number(type);
    return { ...column, type: columnType(typeOid, -1, encoding), sqlType, typeOid };
  });
  const path = quotePath(found.schema, found.name);
  return { path, isCalled: found.kind === 'p', arguments: taken };
}

function choose(written: string, rows: readonly FunctionRow[], count: number): FunctionRow {
  const operation = `find the procedure ${written}`;
  const fitting = rows.filter((row) => row.arguments === count);
  const [first] = fitting;
  if (!first) {
    const others = rows.map((row) => row.arguments).join(' or ');
    const reason = others
      ? `the table has ${count} columns, but it takes ${others} arguments`
      : 'there is no function or procedure of this name';
    const hint = 'one argument is passed for each column whose name does not begin with _';
    throw new PgsqlError(operation, reason, { hint });
  }
  const equal = fitting.filter((row) => row.schema === first.schema && row.name === first.name);
  if (equal.length > 1) {
    const signatures = equal.map(({ name, signature }) => `${name}(${signature})`).join(', ');
    throw new PgsqlError(operation, `several take ${count} arguments: ${signatures}`, {
      hint: 'drop or rename the others',
    });
  }
  if (!first.may_execute) {
    throw new PgsqlError(operation, 'this user may not call it', {
      code: '42501',
      hint: `as the owner: GRANT EXECUTE ON ROUTINE ${quotePath(first.schema, first.name)} TO the user`,
    });
  }
  return first;
}
