import { clientCommand, endpointOf, type MysqlSettings } from './settings.ts';

/** Something that a MySQL or MariaDB server does not do, or that keeps it from being reached. */
export class MysqlError extends Error {
  override readonly name = 'MysqlError';
  /** `connect to mysql://ulog@localhost/ulog`, `insert into ulog2`. */
  readonly operation: string;
  /** The server's name of the error, or errno's: `ER_NO_SUCH_TABLE`, `ECONNREFUSED`. */
  readonly code: string;
  /** What the user can do. */
  readonly hint: string | undefined;

  constructor(
    operation: string,
    code: string,
    text: string,
    hint?: string,
    options?: ErrorOptions,
  ) {
    super(`${operation}: ${text} (${code})${hint ? `; ${hint}` : ''}`, options);
    this.operation = operation;
    this.code = code;
    this.hint = hint;
  }
}

/** What is wrong, whoever says it. */
export interface Failure {
  /** `ER_NO_SUCH_TABLE`, `ECONNREFUSED`, `PROTOCOL_CONNECTION_LOST`. */
  readonly code: string;
  /** The server's number for it; 0 if it does not come from there. */
  readonly number: number;
  /** SQLSTATE, five characters, or empty. */
  readonly state: string;
  readonly text: string;
}

/** From here on numbers mean something else in MySQL, whose names mysql2 knows, and in MariaDB. */
const DIVERGED = 4000;
const mariadbNames: ReadonlyMap<number, string> = new Map([[4025, 'ER_CONSTRAINT_FAILED']]);

/** Reads an error of mysql2 or of a socket. None of them holds a password. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) {
    return { code: 'UNKNOWN', number: 0, state: '', text: String(error) };
  }
  const field = (name: string): unknown => Reflect.get(error, name);
  const state = field('sqlState');
  const number = field('errno');
  const code = field('code');
  const said = field('sqlMessage');
  const isServers = typeof state === 'string' && typeof number === 'number';
  const name = typeof code === 'string' ? code : 'UNKNOWN';
  return {
    code: isServers && number >= DIVERGED ? (mariadbNames.get(number) ?? `error ${number}`) : name,
    number: isServers ? number : 0,
    state: isServers ? state : '',
    text: typeof said === 'string' ? said : error.message,
  };
}

/** Classes of SQLSTATE: data exception, constraint violation, raised by a routine or trigger. */
const rowStates = ['22', '23', '45'];

/**
 * Errors about what a row holds whose SQLSTATE does not say so. Numbers as in the servers' lists:
 * MySQL and MariaDB share those below 1900.
 */
const rowErrors: ReadonlySet<number> = new Set([
  1172, // ER_TOO_MANY_ROWS: SELECT … INTO in a routine
  1242, // ER_SUBQUERY_NO_1_ROW
  1264, // ER_WARN_DATA_OUT_OF_RANGE
  1265, // WARN_DATA_TRUNCATED
  1292, // ER_TRUNCATED_WRONG_VALUE
  1300, // ER_INVALID_CHARACTER_STRING
  1329, // ER_SP_FETCH_NO_DATA
  1364, // ER_NO_DEFAULT_FOR_FIELD
  1365, // ER_DIVISION_BY_ZERO
  1366, // ER_TRUNCATED_WRONG_VALUE_FOR_FIELD
  1369, // ER_VIEW_CHECK_FAILED
  1406, // ER_DATA_TOO_LONG
  1416, // ER_CANT_CREATE_GEOMETRY_OBJECT
  1526, // ER_NO_PARTITION_FOR_GIVEN_VALUE
  1644, // ER_SIGNAL_EXCEPTION
  1690, // ER_DATA_OUT_OF_RANGE
  1748, // ER_ROW_DOES_NOT_MATCH_GIVEN_PARTITION_SET
  1977, // ER_CANNOT_CONVERT_CHARACTER of MariaDB
  3140, // ER_INVALID_JSON_TEXT of MySQL
  3819, // ER_CHECK_CONSTRAINT_VIOLATED of MySQL
  3854, // ER_CANNOT_CONVERT_STRING of MySQL
  4025, // ER_CONSTRAINT_FAILED of MariaDB
]);

/** Whether what the rows hold is the reason, so that the server takes others. */
export const isRowError = ({ number, state }: Failure): boolean =>
  number !== 0 && (rowErrors.has(number) || rowStates.includes(state.slice(0, 2)));

/** ER_DUP_ENTRY, ER_DUP_ENTRY_WITH_KEY_NAME. */
export const isDuplicate = ({ number }: Failure): boolean => number === 1062 || number === 1586;

/** The error that says what was tried, what went wrong, and what can be done. */
export function mysqlError(operation: string, error: unknown, settings: MysqlSettings): MysqlError {
  if (error instanceof MysqlError) return error;
  const failure = failureOf(error);
  const text = failure.text.replace(/\.$/, '');
  return new MysqlError(operation, failure.code, text, hintFor(failure, settings), {
    cause: error,
  });
}

function hintFor({ code, number }: Failure, settings: MysqlSettings): string | undefined {
  const { db, user, table } = settings;
  const endpoint = endpointOf(settings);
  const place = 'path' in endpoint ? endpoint.path : `${endpoint.host} port ${endpoint.port}`;
  switch (code) {
    case 'ENOENT':
    case 'ECONNREFUSED':
      return `is the server running, and listening at ${place}?`;
    case 'EACCES':
      return `${place} has to be open to the user that specter runs as`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'check the name of the host';
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
      return `to try: ${clientCommand(settings)}`;
    case 'HANDSHAKE_NO_SSL_SUPPORT':
      return 'the server has no TLS: configure ssl_cert and ssl_key there';
  }
  switch (number) {
    case 1045: // ER_ACCESS_DENIED_ERROR
    case 1698: // ER_ACCESS_DENIED_NO_PASSWORD_ERROR
    case 1130: // ER_HOST_NOT_PRIVILEGED
      return `check user and password; to try: ${clientCommand(settings)}`;
    case 1044: // ER_DBACCESS_DENIED_ERROR
    case 1142: // ER_TABLEACCESS_DENIED_ERROR
    case 1143: // ER_COLUMNACCESS_DENIED_ERROR
      return `GRANT SELECT, INSERT ON ${db}.${table} TO ${user}`;
    case 1370: // ER_PROCACCESS_DENIED_ERROR
      return `GRANT EXECUTE ON ${db}.* TO ${user}`;
    case 1049: // ER_BAD_DB_ERROR
      return `CREATE DATABASE ${db}, and load a schema`;
    case 1040: // ER_CON_COUNT_ERROR
      return 'raise max_connections of the server';
    case 1021: // ER_DISK_FULL
    case 1114: // ER_RECORD_FILE_FULL
      return 'make room on the disk of the server';
    case 1290: // ER_OPTION_PREVENTS_STATEMENT
    case 1836: // ER_READ_ONLY_MODE
      return 'the server does not allow writing at the moment';
    default:
      return undefined;
  }
}
