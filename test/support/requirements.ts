import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Commands the kernel tests use, with the Debian package each comes from. */
const packages = {
  cc: 'gcc libc6-dev',
  ip: 'iproute2',
  jq: 'jq',
  knock: 'knockd',
  logrotate: 'logrotate',
  mariadb: 'mariadb-client',
  'mariadb-install-db': 'mariadb-server',
  mariadbd: 'mariadb-server',
  nft: 'nftables',
  nsenter: 'util-linux',
  openssl: 'openssl',
  ping: 'iputils-ping',
  python3: 'python3',
  rsyslogd: 'rsyslog',
  sqlite3: 'sqlite3',
  tcpdump: 'tcpdump',
  tshark: 'tshark',
  ulogd: 'ulogd2',
  unshare: 'util-linux',
  xmllint: 'libxml2-utils',
} as const;

export type Tool = keyof typeof packages;

/** /usr/sbin is missing from the PATH of ordinary users, yet nft and ip work for them in a namespace. */
export const searchPath = [
  ...(process.env.PATH ?? '').split(delimiter),
  '/usr/local/sbin',
  '/usr/sbin',
  '/sbin',
];

export const runsAsRoot = process.getuid?.() === 0;

/**
 * Why a test that needs the kernel's netfilter in a private namespace cannot run here;
 * `undefined` when it can. Meant for a visible skip:
 *
 *     const missing = requireKernel('tshark');
 *     describe.skipIf(missing)(title('NFLOG', missing), …)
 *
 * @throws Error with the same reason when `CI` is set: there a skip would pass unnoticed.
 */
export function requireKernel(...tools: Tool[]): string | undefined {
  return (
    requireTools('nft', 'ip', 'unshare', 'nsenter', ...tools) ?? refuseOnCi(namespaceObstacle())
  );
}

/** As {@link requireKernel}, for tests that need the commands but no namespace. */
export function requireTools(...tools: Tool[]): string | undefined {
  const missing = tools.filter((tool) => !isInstalled(tool));
  if (missing.length === 0) return undefined;
  const install = new Set(missing.map((tool) => packages[tool]));
  return refuseOnCi(
    `${missing.join(', ')} not installed: apt-get install ${[...install].join(' ')}`,
  );
}

/**
 * As {@link requireTools}, for a file.
 * @param packages of Debian, to install it with
 */
export function requireFile(path: string, packages: string): string | undefined {
  if (existsSync(path)) return undefined;
  return refuseOnCi(`${path} is missing: apt-get install ${packages}`);
}

/**
 * Why the kernel cannot make interfaces of a type that is a module of its own; `undefined` when it
 * can. Even on CI a reason to skip: small kernels, as of virtual machines, lack them on purpose.
 */
export function requireLinkType(type: 'dummy' | 'vlan'): string | undefined {
  const vlan = ['link', 'lo', 'name', 'probe', 'type', 'vlan', 'id', '1'];
  const words = type === 'vlan' ? vlan : ['name', 'probe', 'type', type];
  const { status } = runPrivately('ip', 'link', 'add', ...words);
  const module = type === 'vlan' ? '8021q' : type;
  return status === 0 ? undefined : `this kernel has no ${type} interfaces: modprobe ${module}`;
}

/** A suite's title that tells why it is skipped: reporters print nothing but the title. */
export const title = (name: string, missing: string | undefined): string =>
  missing === undefined ? name : `${name} (skipped: ${missing})`;

export function isInstalled(command: string): boolean {
  return searchPath.some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

let obstacle: string | undefined | null = null;

/** Tries once what every kernel test depends on: a namespace in which nft may load a table. */
function namespaceObstacle(): string | undefined {
  if (obstacle !== null) return obstacle;
  const probe = runPrivately('nft', 'add', 'table', 'inet', 'probe');
  if (probe.status === 0) obstacle = undefined;
  else {
    const detail = (probe.stderr || probe.error?.message || '').trim();
    obstacle = runsAsRoot
      ? `no private network namespace: ${detail}`
      : `user namespaces are not allowed, run as root: ${detail}`;
  }
  return obstacle;
}

/** Runs a command in a namespace that ends with it. */
function runPrivately(...command: string[]): SpawnSyncReturns<string> {
  const unshare = runsAsRoot ? ['--net'] : ['--user', '--map-root-user', '--net'];
  return spawnSync('unshare', [...unshare, ...command], {
    encoding: 'utf8',
    env: { ...process.env, PATH: searchPath.join(delimiter) },
  });
}

function refuseOnCi(reason: string | undefined): string | undefined {
  if (reason !== undefined && process.env.CI) throw new Error(reason);
  return reason;
}
