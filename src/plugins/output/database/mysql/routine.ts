import type { ColumnType, TableColumn } from '../layout.ts';
import { columnTypeOf, narrower } from './column-type.ts';
import { MysqlError } from './mysql-error.ts';
import type { MysqlSession } from './session.ts';
import type { MysqlSettings } from './settings.ts';
import { quoteName, textLiteral } from './sql-text.ts';

/** A stored procedure or function that takes rows, as the config names it. */
export interface RoutineName {
  readonly schema: string;
  readonly name: string;
  /** What it has to be; without, the server knows. */
  readonly type: 'FUNCTION' | 'PROCEDURE' | undefined;
}

/** One that the server knows. */
export interface Routine {
  readonly name: string;
  /** With its schema, quoted. */
  readonly path: string;
  readonly type: 'FUNCTION' | 'PROCEDURE';
}

/**
 * Reads the option `procedure` as ulogd2 does: `CALL p` for procedures, names alone for functions.
 * `undefined`: rows are to be inserted.
 */
export function routineNameOf({ procedure = '', db }: MysqlSettings): RoutineName | undefined {
  const text = procedure.trim();
  if (text === '' || /^insert$/i.test(text)) return undefined;
  const [, word, path = ''] = /^(?:(call|select)\s+)?(.*)$/is.exec(text) ?? [];
  const parts = path.split('.').map((part) => part.trim().replace(/^`(.*)`$/, '$1'));
  const [schema, name] = parts.length === 2 ? parts : [db, path];
  return {
    schema: schema ?? db,
    name: (parts.length === 2 ? name : parts.join('.')) ?? path,
    type: word === undefined ? undefined : /^call$/i.test(word) ? 'PROCEDURE' : 'FUNCTION',
  };
}

/** @throws MysqlError if there is no such routine, or the user may not see it */
export async function findRoutine(
  session: MysqlSession,
  { schema, name, type }: RoutineName,
  { user }: MysqlSettings,
): Promise<Routine> {
  const operation = `find ${type?.toLowerCase() ?? 'routine'} ${name}`;
  const rows = await session.select(
    operation,
    `SELECT ROUTINE_TYPE FROM information_schema.ROUTINES
     WHERE ROUTINE_SCHEMA = ${textLiteral(schema)} AND ROUTINE_NAME = ${textLiteral(name)}`,
  );
  const types = rows.map(([each]) => each);
  const found = (['FUNCTION', 'PROCEDURE'] as const).find(
    (each) => types.includes(each) && (type === undefined || type === each),
  );
  if (found === undefined) {
    throw new MysqlError(
      operation,
      'ER_SP_DOES_NOT_EXIST',
      `database ${schema} has none of this name that ${user} may use`,
      types.length === 0
        ? `load a schema, or GRANT EXECUTE ON ${schema}.* TO ${user}`
        : `it is a ${types.join()?.toLowerCase()}: write ${type === 'PROCEDURE' ? '' : 'CALL '}${name}`,
    );
  }
  return { name, type: found, path: `${quoteName(schema)}.${quoteName(name)}` };
}

/**
 * The arguments of a routine: one for each column of the table or view, in their order, under their
 * names, holding no more than the parameter does.
 *
 * @throws MysqlError if the routine takes another number of them
 */
export async function readArguments<Column extends TableColumn>(
  session: MysqlSession,
  { schema }: RoutineName,
  routine: Routine,
  columns: readonly Column[],
  { table }: MysqlSettings,
): Promise<readonly Column[]> {
  const operation = `read the parameters of ${routine.name}`;
  const parameters = await session.select(
    operation,
    `SELECT DATA_TYPE, DTD_IDENTIFIER, CHARACTER_MAXIMUM_LENGTH, NUMERIC_PRECISION, NUMERIC_SCALE,
       CHARACTER_SET_NAME
     FROM information_schema.PARAMETERS
     WHERE SPECIFIC_SCHEMA = ${textLiteral(schema)} AND SPECIFIC_NAME = ${textLiteral(routine.name)}
       AND ROUTINE_TYPE = ${textLiteral(routine.type)} AND ORDINAL_POSITION > 0
     ORDER BY ORDINAL_POSITION`,
  );
  // Who may only execute a routine may not be allowed to see what it takes.
  if (parameters.length === 0) return columns;
  if (parameters.length !== columns.length) {
    throw new MysqlError(
      operation,
      'ER_SP_WRONG_NO_OF_ARGS',
      `it takes ${parameters.length} arguments, but ${table} has ${columns.length} columns`,
      'name the view that lists the arguments of the routine',
    );
  }
  return columns.map((column, i) => {
    const [name, full, length, precision, scale, charset] = parameters[i] ?? [];
    const type = columnTypeOf({
      name: (name ?? '').toLowerCase(),
      full: full ?? '',
      length: length ?? null,
      precision: precision ?? null,
      scale: scale ?? null,
      charset: charset ?? null,
    });
    const both = argumentOf(column, narrower(column.type, type));
    return { ...column, sqlType: full ?? column.sqlType, type: both };
  });
}

/**
 * ulogd2's schema has a `smallint` with a sign for Ethernet types, which is too small for that of IPv6, and
 * its function gives a packet without one the addresses of an earlier packet. As long as MySQL was not
 * strict by default it made 32767 of it.
 */
const argumentOf = ({ name }: TableColumn, type: ColumnType): ColumnType =>
  name.toLowerCase() === 'oob_protocol' && type.kind === 'integer'
    ? { ...type, saturates: true }
    : type;
