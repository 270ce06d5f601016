import type { TableColumn } from '../layout.ts';
import { ID_COLUMN } from '../row-id.ts';
import { columnTypeOf, type SqlType } from './column-type.ts';
import { MysqlError } from './mysql-error.ts';
import type { MysqlSession } from './session.ts';
import type { MysqlSettings } from './settings.ts';
import { textLiteral } from './sql-text.ts';

export interface MysqlColumn extends TableColumn {
  /** LOAD DATA stores the same in it as INSERT does. */
  readonly isLoadable: boolean;
}

/** What the server knows about a table or view. */
export interface TableFacts {
  /** Without those whose names begin with `_`, and those that nothing can be stored in. */
  readonly columns: readonly MysqlColumn[];
  readonly isView: boolean;
  /** What was stored can be taken back: MyISAM and Aria cannot do that. */
  readonly isTransactional: boolean;
  /** A unique index holds the rows' id. */
  readonly idIsUnique: boolean;
}

/** @throws MysqlError if there is no such table, or the user may not see it */
export async function readTable(
  session: MysqlSession,
  settings: MysqlSettings,
): Promise<TableFacts> {
  const { db, table, user } = settings;
  const operation = `read the columns of ${table}`;
  const where = `TABLE_SCHEMA = ${textLiteral(db)} AND TABLE_NAME = ${textLiteral(table)}`;
  const columns = await session.select(
    operation,
    `SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, CHARACTER_MAXIMUM_LENGTH, NUMERIC_PRECISION,
       NUMERIC_SCALE, CHARACTER_SET_NAME, COLUMN_DEFAULT, EXTRA, IS_NULLABLE
     FROM information_schema.COLUMNS WHERE ${where} ORDER BY ORDINAL_POSITION`,
  );
  if (columns.length === 0) {
    throw new MysqlError(
      operation,
      'ER_NO_SUCH_TABLE',
      `database ${db} has no table or view of this name that ${user} may use`,
      `load a schema, or GRANT SELECT, INSERT ON ${db}.${table} TO ${user}`,
    );
  }
  const [kind] = await session.select(
    operation,
    `SELECT t.TABLE_TYPE, e.TRANSACTIONS FROM information_schema.TABLES t
     LEFT JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE WHERE ${where}`,
  );
  const indexes = await session.select(
    operation,
    `SELECT INDEX_NAME FROM information_schema.STATISTICS
     WHERE ${where} AND NON_UNIQUE = 0 AND COLUMN_NAME = ${textLiteral(ID_COLUMN)}`,
  );
  const [type, transactions] = kind ?? [];
  return {
    columns: columns.flatMap((facts) => columnOf(facts) ?? []),
    isView: type === 'VIEW',
    isTransactional: transactions === 'YES',
    idIsUnique: indexes.length > 0,
  };
}

function columnOf(facts: readonly (string | null)[]): MysqlColumn | undefined {
  const [column, dataType, full, length, precision, scale, charset, given, extra] = facts;
  if (!column || column.startsWith('_')) return undefined;
  // `DEFAULT_GENERATED` is MySQL's word for a default that is an expression.
  const kind = (extra ?? '').toLowerCase();
  if (/\b(virtual|stored|persistent)\b/.test(kind)) return undefined;
  const type: SqlType = {
    name: (dataType ?? '').toLowerCase(),
    full: full ?? '',
    length: length ?? null,
    precision: precision ?? null,
    scale: scale ?? null,
    charset: charset ?? null,
  };
  // MariaDB writes the default NULL as a word.
  const hasValue = given !== null && given !== undefined && given !== 'NULL';
  return {
    name: column,
    type: columnTypeOf(type),
    sqlType: type.full,
    hasDefault: hasValue || /auto_increment|default_generated/.test(kind),
    isLoadable: isLoadable(type),
  };
}

/** Character sets whose bytes are those of UTF-8, as far as specter stores anything in them. */
const plainCharsets: readonly string[] = ['utf8mb4', 'utf8mb3', 'utf8', 'latin1', 'ascii'];

/**
 * LOAD DATA takes bytes as they are (CHARACTER SET binary). So text has to be in a character set that
 * needs no conversion, and types that read text otherwise than bytes are left out: BIT, ENUM, INET4.
 */
function isLoadable({ name, charset }: SqlType): boolean {
  if (charset !== null) return plainCharsets.includes(charset) && !/^(?:enum|set)$/.test(name);
  return loadableTypes.test(name);
}

const loadableTypes =
  /^(?:(?:tiny|small|medium|big)?int|integer|decimal|numeric|float|double|(?:var)?binary|(?:tiny|medium|long)?blob|timestamp|datetime|date|inet6|uuid)$/;
