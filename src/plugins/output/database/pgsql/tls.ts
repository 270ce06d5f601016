import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';

/** libpq's sslmode and files (PostgreSQL's documentation, section 34.19). */
export interface TlsSettings {
  /** Default `prefer`. */
  readonly sslmode: string | undefined;
  /** Certificates that vouch for the server's; `system`: those of this system. */
  readonly sslrootcert: string | undefined;
  /** The client's certificate and its key. */
  readonly sslcert: string | undefined;
  readonly sslkey: string | undefined;
  /** Whom the certificate has to be for, where that is not the host that is connected to. */
  readonly servername: string | undefined;
  readonly home: string;
}

/** How to try to connect, the best way first; false is without TLS. */
export type TlsWays = readonly (ConnectionOptions | false)[];

/**
 * What a sslmode asks for. `allow` is treated as `prefer`, with TLS where there is a choice.
 *
 * @throws Error if there is no such mode, or a file is missing
 */
export function tlsWays(settings: TlsSettings): TlsWays {
  const { sslmode = settings.sslrootcert === 'system' ? 'verify-full' : 'prefer' } = settings;
  const { servername } = settings;
  const common = {
    ...ownCertificate(settings),
    ...(servername === undefined ? undefined : { servername }),
  };
  switch (sslmode) {
    case 'disable':
      return [false];
    case 'allow':
    case 'prefer':
      return [{ ...unverified, ...common }, false];
    case 'require':
      return [{ ...required(settings), ...common }];
    case 'verify-ca':
      return [{ ...issuedBy(rootCertificates(settings)), ...common }];
    case 'verify-full':
      return [{ ...rootCertificates(settings), ...common }];
    default:
      throw new Error(
        'sslmode is none of disable, allow, prefer, require, verify-ca and verify-full',
      );
  }
}

const unverified: ConnectionOptions = { rejectUnauthorized: false };

/** The certificate is checked, but not for whom it is. */
const issuedBy = (roots: ConnectionOptions): ConnectionOptions => ({
  ...roots,
  checkServerIdentity: () => undefined,
});

const defaultRoots = ({ home }: TlsSettings): string => join(home, '.postgresql', 'root.crt');

/** libpq: with root certificates at hand, `require` is `verify-ca`. */
function required(settings: TlsSettings): ConnectionOptions {
  const { sslrootcert } = settings;
  const hasRoots = sslrootcert !== undefined || existsSync(defaultRoots(settings));
  return hasRoots ? issuedBy(rootCertificates(settings)) : unverified;
}

function rootCertificates(settings: TlsSettings): ConnectionOptions {
  const { sslrootcert = defaultRoots(settings) } = settings;
  return sslrootcert === 'system' ? {} : { ca: readFileSync(sslrootcert) };
}

function ownCertificate({ sslcert, sslkey }: TlsSettings): ConnectionOptions {
  if (sslcert === undefined || sslkey === undefined) return {};
  return { cert: readFileSync(sslcert), key: readFileSync(sslkey) };
}
