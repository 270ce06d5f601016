/** How to come to a database, and what to fill there. All but `table` have defaults. */
export interface PgsqlSettings {
  /** Name or address of the server, or the folder of its Unix socket. Default: as libpq has it. */
  readonly host?: string | undefined;
  /** 1–65535. Default 5432. */
  readonly port?: number | undefined;
  /** The database. Default: the user's name. */
  readonly db?: string | undefined;
  /** Default: the name of the user that the process runs as. */
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** A file with passwords, in the form of ~/.pgpass; nobody else may have access to it. */
  readonly passfile?: string | undefined;
  /** A connection string of libpq: `host=db dbname=ulog`, or `postgresql://db/ulog`. */
  readonly connstring?: string | undefined;
  /** Where the table is. Default `public`. */
  readonly schema?: string | undefined;
  readonly table: string;
  /** `INSERT`, or a function or procedure to call for each row. Default `INSERT`. */
  readonly procedure?: string | undefined;
  /** Milliseconds until connecting is given up; 0: as long as it takes. Default 10 000. */
  readonly connectTimeout?: number | undefined;
}

export const DEFAULT_PORT = 5432;
export const DEFAULT_SCHEMA = 'public';
export const DEFAULT_CONNECT_TIMEOUT_MS = 10_000;
