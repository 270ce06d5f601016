import { RefusedRows } from '../database.ts';
import { fileHint } from '../private-file.ts';

/** Something that PostgreSQL, or the way to it, did not do. */
export class PgsqlError extends Error {
  override readonly name = 'PgsqlError';
  /** What was tried: `connect to postgresql://ulog@db/ulog`. */
  readonly operation: string;
  /** SQLSTATE (`42501`) or errno name (`ECONNREFUSED`), where there is one. */
  readonly code: string | undefined;
  /** What the user can do. */
  readonly hint: string | undefined;

  constructor(operation: string, reason: string, { code, hint, cause }: Details = {}) {
    const known = code === undefined ? '' : ` (${code})`;
    super(`${operation}: ${shortened(reason)}${known}${hint ? `; ${hint}` : ''}`, { cause });
    this.operation = operation;
    this.code = code;
    this.hint = hint;
  }
}

interface Details {
  readonly code?: string | undefined;
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/** Messages repeat values that do not fit, which can be as long as a packet. */
const MAX_REASON = 300;

const shortened = (reason: string): string =>
  reason.length > MAX_REASON ? `${reason.slice(0, MAX_REASON)}…` : reason;

const grantInsert = (table: string): string => `as the owner: GRANT INSERT ON ${table} TO the user`;

/**
 * @param what the table, or a column of it, for messages
 * @param table as SQL has it
 */
export const mayNotInsert = (what: string, table: string): PgsqlError =>
  new PgsqlError(`insert into ${what}`, 'permission denied', {
    code: '42501',
    hint: grantInsert(table),
  });

/** What the user can do where an error has a certain code. */
const hints: Readonly<Record<string, (about: Place) => string>> = {
  ECONNREFUSED: () => 'start the server, and let it listen there (listen_addresses, port)',
  ENOENT: () => 'start the server, or give the folder of its socket as host',
  ENOTFOUND: () => 'check the name of the host',
  EAI_AGAIN: () => 'check the name of the host, and that names can be resolved',
  '28P01': () => 'check user and password',
  '28000': () => 'create the role, let it in with a line in pg_hba.conf, or give another user',
  '3D000': ({ database }) => `create it: createdb ${database}`,
  '42501': ({ table }) => grantInsert(table),
  '42P01': () => 'create the table, or load the schema',
  '53100': () => 'make room on the server',
  '53300': () => 'raise max_connections, or close other connections',
  '55P03': ({ table }) =>
    `another session holds a lock of ${table}, or of what is behind it: SELECT pid, mode, relation::regclass FROM pg_locks WHERE granted`,
  '57014': () => 'see what the server is busy with: SELECT * FROM pg_stat_activity',
  '25006': () => 'connect to the server that takes writes',
};

/** What messages name. */
export interface Place {
  /** Without password: `postgresql://ulog@localhost:5432/ulog`. */
  readonly name: string;
  readonly database: string;
  /** `public.ulog2`. */
  readonly table: string;
  /** What the user can try: `psql -h …`. */
  readonly command: string;
}

/** Makes an error that tells what was tried and what can be done out of one of the driver's. */
export function describeError(operation: string, error: unknown, place: Place): PgsqlError {
  if (error instanceof PgsqlError) return error;
  const { message, code } = factsOf(error);
  const hint = isOfFile(error) ? fileHint(error) : hintFor(code, place);
  return new PgsqlError(operation, message, { code, hint, cause: error });
}

const hintFor = (code: string | undefined, place: Place): string =>
  (code === undefined ? undefined : hints[code]?.(place)) ?? `to try: ${place.command}`;

/** Files for passwords and certificates fail with the same codes as sockets. */
const isOfFile = (error: unknown): boolean =>
  error instanceof Error && 'syscall' in error && error.syscall === 'open';

/**
 * SQLSTATE classes that blame the rows (PostgreSQL's documentation, appendix A): cardinality,
 * data exceptions, integrity constraints, triggered action, routines, WITH CHECK OPTION, PL/pgSQL
 * (RAISE EXCEPTION).
 */
const rowClasses: ReadonlySet<string> = new Set(['21', '22', '23', '09', '2F', '38', '44', 'P0']);
/** program_limit_exceeded: a row too big for a page, or a value too big for an index. */
const TOO_BIG = '54000';
/** Where the server looks for a row's partition: that none was created is no fault of the row. */
const PARTITION_ROUTINE = 'ExecFindPartition';
/** Where it looks whether a policy lets a row in; the SQLSTATE is that of a right that is missing. */
const POLICY_ROUTINE = 'ExecWithCheckOptions';
export const UNIQUE_VIOLATION = '23505';

/** What an error of `insert` means for who called it. */
export function insertError(error: unknown, place: Place): Error {
  const { message, code, routine } = factsOf(error);
  if (routine === PARTITION_ROUTINE) {
    const hint = `create the partition, or one that is DEFAULT, of ${place.table}`;
    return new PgsqlError(`insert into ${place.table}`, message, { code, hint, cause: error });
  }
  if (isOfRows(code, routine)) {
    return new RefusedRows(`${shortened(message)} (${code})`, { cause: error });
  }
  return describeError(`insert into ${place.table}`, error, place);
}

const isOfRows = (code = '', routine?: string): boolean =>
  rowClasses.has(code.slice(0, 2)) || code === TOO_BIG || routine === POLICY_ROUTINE;

interface Facts {
  readonly message: string;
  readonly code: string | undefined;
  /** The function of the server that complained. */
  readonly routine: string | undefined;
}

/** The driver's errors have SQLSTATE or errno name in `code`; a host with several addresses has several. */
export function factsOf(error: unknown): Facts {
  if (error instanceof AggregateError && error.errors.length > 0) return factsOf(error.errors[0]);
  if (!(error instanceof Error))
    return { message: String(error), code: undefined, routine: undefined };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const routine =
    'routine' in error && typeof error.routine === 'string' ? error.routine : undefined;
  return { message: error.message, code, routine };
}
