/** How to come to a table, or a stored routine, of a MySQL or MariaDB server. */
export interface MysqlSettings {
  /**
   * Name or address; `localhost` means the Unix socket, as for all programs with the C library of
   * MySQL. Default: `localhost`.
   */
  readonly host?: string | undefined;
  /** TCP port. Default: 3306. */
  readonly port?: number | undefined;
  /** Path of the Unix socket, which goes before `host`. Default: {@link DEFAULT_SOCKET}. */
  readonly socket?: string | undefined;
  readonly db: string;
  readonly user: string;
  /** None: an account without one, or one that the server knows by specter's user (`unix_socket`). */
  readonly password?: string | undefined;
  /**
   * TLS, required. `ca`: the certificates that are trusted, in PEM; those that Node brings without.
   * The server's certificate has to be good for `host`, which has to be a name: mysql2 would not
   * compare an address. Of no effect on a Unix socket.
   */
  readonly tls?: { readonly ca?: string | Buffer | undefined } | undefined;
  /** Table or view whose columns choose what is stored. */
  readonly table: string;
  /**
   * `INSERT`, the default: rows go into `table`. `CALL p`: they are the arguments of procedure `p`;
   * `f`, or `SELECT f`: of a function, or of a procedure if the server knows it as one.
   */
  readonly procedure?: string | undefined;
  /** How long connecting may take, until the table is known: milliseconds. Default: 10 000. */
  readonly connectTimeout?: number | undefined;
}

/** Where Debian's servers listen. */
export const DEFAULT_SOCKET = '/run/mysqld/mysqld.sock';
export const DEFAULT_PORT = 3306;
export const DEFAULT_CONNECT_TIMEOUT = 10_000;

/** Where a server is. */
export type Endpoint = { readonly path: string } | { readonly host: string; readonly port: number };

export function endpointOf({ host, port, socket }: MysqlSettings): Endpoint {
  if (socket !== undefined) return { path: socket };
  if (host === undefined || host === '' || host === 'localhost') return { path: DEFAULT_SOCKET };
  return host.startsWith('/') ? { path: host } : { host, port: port ?? DEFAULT_PORT };
}

/** For messages, without password: `mysql://ulog@localhost:3306/ulog`. */
export function nameOf(settings: MysqlSettings): string {
  const endpoint = endpointOf(settings);
  const user = encodeURIComponent(settings.user);
  const db = encodeURIComponent(settings.db);
  if (!('path' in endpoint)) {
    const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host;
    return `mysql://${user}@${host}:${endpoint.port}/${db}`;
  }
  const socket = endpoint.path === DEFAULT_SOCKET ? '' : `?socket=${endpoint.path}`;
  return `mysql://${user}@localhost/${db}${socket}`;
}

/** A command that tries the same by hand. */
export function clientCommand(settings: MysqlSettings): string {
  const endpoint = endpointOf(settings);
  const where =
    'path' in endpoint ? `-S ${endpoint.path}` : `-h ${endpoint.host} -P ${endpoint.port}`;
  return `mysql ${where} -u ${settings.user}${settings.password === undefined ? '' : ' -p'} ${settings.db}`;
}
