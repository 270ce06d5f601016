import type { ClientBase } from 'pg';
import type { TableColumn } from '../layout.ts';
import { columnType } from './column-type.ts';
import { spellings } from './names.ts';

/** A column, or an argument of a procedure under the name of a column. */
export interface PgColumn extends TableColumn {
  /** Object identifier of the type; a domain's is that of the type below it. */
  readonly typeOid: number;
  /** Whether this user may give it a value. */
  readonly mayInsert: boolean;
}

/** What rows can be stored in, as the system catalogues have it. */
export interface Relation {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  /** Not so a view without anything that says what becomes of rows. */
  readonly takesRows: boolean;
  /** INSERT … ON CONFLICT works. */
  readonly takesOnConflict: boolean;
}

/** pg_class.relkind of what rows can be stored in. */
const kinds = ['r', 'p', 'v', 'f'];

const relationSql = `
  SELECT c.oid::int8::text AS oid, n.nspname AS schema, c.relname AS name, c.relkind::text AS kind,
    EXISTS (SELECT FROM pg_rewrite r WHERE r.ev_class = c.oid AND r.ev_type IN ('2', '3')) AS has_rules,
    CASE c.relkind WHEN 'v' THEN pg_relation_is_updatable(c.oid, true) & 8 <> 0 END AS takes_rows,
    CASE c.relkind WHEN 'v' THEN pg_relation_is_updatable(c.oid, false) & 8 <> 0 END AS is_simple
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = ANY ($1::text[]) AND c.relname = ANY ($2::text[])
    AND c.relkind = ANY ($3::"char"[])
  ORDER BY array_position($1::text[], n.nspname::text),
    array_position($2::text[], c.relname::text) LIMIT 1`;

interface RelationRow {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  readonly kind: string;
  readonly has_rules: boolean;
  /** By itself, a rule or a trigger. Null but for views: to tell, the server waits for their locks. */
  readonly takes_rows: boolean | null;
  /** Without a trigger. */
  readonly is_simple: boolean | null;
}

/** Finds a table or view; undefined if there is none. */
export async function findRelation(
  client: ClientBase,
  schema: string,
  table: string,
): Promise<Relation | undefined> {
  const values = [spellings(schema), spellings(table), kinds];
  const { rows } = await client.query<RelationRow>(relationSql, values);
  const [row] = rows;
  if (!row) return undefined;
  const isTable = row.kind === 'r' || row.kind === 'p';
  return {
    oid: Number(row.oid),
    schema: row.schema,
    name: row.name,
    takesRows: row.takes_rows ?? true,
    takesOnConflict: isTable ? !row.has_rules : row.is_simple === true,
  };
}

/** Types below domains: of columns (attribute number) or arguments (position). */
const columnsSql = `
  WITH RECURSIVE base AS (
    SELECT a.attnum, a.atttypid AS type, a.atttypmod AS modifier
    FROM pg_attribute a WHERE a.attrelid = $1::int8::oid AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT b.attnum, t.typbasetype, t.typtypmod
    FROM base b JOIN pg_type t ON t.oid = b.type WHERE t.typtype = 'd'
  )
  SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS sql_type,
    b.type::int8::text AS type, b.modifier AS modifier,
    a.attidentity <> '' OR (a.atthasdef AND pg_get_expr(d.adbin, d.adrelid) !~ '^NULL(::|$)')
      AS has_default,
    has_column_privilege(a.attrelid, a.attnum, 'INSERT') AS may_insert
  FROM pg_attribute a
  JOIN base b ON b.attnum = a.attnum
  JOIN pg_type t ON t.oid = b.type AND t.typtype <> 'd'
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE a.attrelid = $1::int8::oid AND a.attname !~ '^_' AND a.attgenerated = ''
    AND a.attidentity <> 'a'
  ORDER BY a.attnum`;

interface ColumnRow {
  readonly name: string;
  readonly sql_type: string;
  readonly type: string;
  readonly modifier: number;
  readonly has_default: boolean;
  readonly may_insert: boolean;
}

/**
 * The columns that can be given a value, in their order: those that are always generated are left
 * out, and those whose name begins with an underscore, which ulogd2 leaves to the database.
 */
export async function readColumns(
  client: ClientBase,
  relation: Relation,
  encoding: string,
): Promise<PgColumn[]> {
  const { rows } = await client.query<ColumnRow>(columnsSql, [relation.oid]);
  return rows.map((row) => ({
    name: row.name,
    type: columnType(Number(row.type), row.modifier, encoding),
    sqlType: row.sql_type,
    hasDefault: row.has_default,
    typeOid: Number(row.type),
    mayInsert: row.may_insert,
  }));
}

/** A unique index that knows rows by their id. */
export interface IdIndex {
  readonly columns: readonly string[];
  /** Without the right to read its columns ON CONFLICT may not name it. */
  readonly mayRead: boolean;
}

/**
 * Unique indexes with the column, as ON CONFLICT can name them: of columns only, for all rows, and
 * checked at once. Through a simple view those of its table serve, if the names are the same.
 */
const idIndexSql = `
  WITH tables AS (
    SELECT $1::int8::oid AS oid
    UNION
    SELECT d.refobjid FROM pg_rewrite r JOIN pg_depend d
      ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
      AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0
    WHERE r.ev_class = $1::int8::oid
  )
  SELECT k.columns, (
      SELECT bool_and(has_column_privilege($1::int8::oid, v.attnum, 'SELECT'))
      FROM pg_attribute v WHERE v.attrelid = $1::int8::oid AND v.attname = ANY (k.columns)
    ) AS may_read
  FROM tables JOIN pg_index i ON i.indrelid = tables.oid
  CROSS JOIN LATERAL (
    SELECT array_agg(a.attname::text ORDER BY p.position) AS columns
    FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS p (attnum, position)
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = p.attnum
    WHERE p.position <= i.indnkeyatts
  ) k
  WHERE i.indisunique AND i.indisvalid AND i.indimmediate
    AND i.indpred IS NULL AND i.indexprs IS NULL AND $2 = ANY (k.columns)
    AND k.columns <@ (
      SELECT array_agg(v.attname::text) FROM pg_attribute v
      WHERE v.attrelid = $1::int8::oid AND NOT v.attisdropped)
  ORDER BY i.indisprimary DESC, i.indnkeyatts, i.indexrelid LIMIT 1`;

/** Finds the unique index that rows are known again by; undefined if there is none. */
export async function findIdIndex(
  client: ClientBase,
  relation: Relation,
  idColumn: string,
): Promise<IdIndex | undefined> {
  const values = [relation.oid, idColumn];
  const { rows } = await client.query<{ columns: string[]; may_read: boolean }>(idIndexSql, values);
  const [row] = rows;
  return row && { columns: row.columns, mayRead: row.may_read };
}
