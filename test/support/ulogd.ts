import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Daemon, whenReady } from './daemon.ts';
import type { Namespace } from './namespace.ts';
import { requireFile, requireKernel } from './requirements.ts';
import { ScratchFolder } from './scratch-folder.ts';

/** A section of ulogd.conf. */
type Section = Readonly<Record<string, string | number>>;

/** What follows NFLOG and BASE in a stack. */
export interface UlogdStack {
  /** Files in ulogd2's plugin folder, without `ulogd_` and `.so`; the last one is the output. */
  readonly plugins: readonly string[];
  /** Options of the output, besides `file`. */
  readonly options: Section;
}

export interface UlogdOptions {
  readonly namespace: Namespace;
  /** NFLOG group. */
  readonly group: number;
  /** Options of the NFLOG plugin over ulogd's defaults, such as `netlink_qtimeout` (10 ms units). */
  readonly nflog?: Section;
  /** Default: {@link logemuStack}. */
  readonly stack?: UlogdStack;
}

/** What users have had for LOG-style lines; each line visible at once. */
export const logemuStack: UlogdStack = {
  plugins: ['filter_IFINDEX', 'filter_IP2STR', 'filter_PRINTPKT', 'output_LOGEMU'],
  options: { sync: 1 },
};

/** The name of the file in {@link Daemon.folder} that ulogd2 writes its lines to. */
export const ulogdFile = 'ulogd.log';

/** Last of ulogd2's start-up messages, at its level info (3). */
const readyMessage = /entering main loop/;

/** Starts ulogd2 as the reference to compare with; resolves when it is ready. */
export async function startUlogd(options: UlogdOptions): Promise<Daemon> {
  const folder = await ScratchFolder.create();
  const config = await folder.write('ulogd.conf', ulogdConfig(options, folder.join(ulogdFile)));
  const process = options.namespace.spawn('ulogd', ['-c', config]);
  return await whenReady(new Daemon(process, folder), readyMessage);
}

function ulogdConfig(options: UlogdOptions, file: string): string {
  const { group, nflog = {}, stack = logemuStack } = options;
  const plugins = ['inppkt_NFLOG', 'raw2packet_BASE', ...stack.plugins];
  const folder = pluginFolder();
  return [
    '[global]',
    'logfile="stdout"',
    'loglevel=3',
    ...plugins.map((name) => `plugin="${join(folder, `ulogd_${name}.so`)}"`),
    `stack=${plugins.map((name, index) => `p${index}:${name.split('_')[1]}`).join(',')}`,
    ...section('p0', { group, ...nflog }),
    ...section(`p${plugins.length - 1}`, { file, ...stack.options }),
    '',
  ].join('\n');
}

function section(name: string, values: Section): string[] {
  return [`[${name}]`, ...Object.entries(values).map(([key, value]) => `${key}=${value}`)];
}

/**
 * Why a test that needs one of ulogd2's plugins cannot run; `undefined` when it can. As
 * {@link requireKernel}.
 * @param file as in {@link UlogdStack}
 * @param debianPackage where Debian has it, apart from ulogd2 itself
 */
export function requireUlogdPlugin(file: string, debianPackage: string): string | undefined {
  return (
    requireKernel('ulogd') ?? requireFile(join(pluginFolder(), `ulogd_${file}.so`), debianPackage)
  );
}

/** Where the distribution keeps ulogd2's plugins: `/usr/lib/<triplet>/ulogd` on Debian. */
function pluginFolder(): string {
  const triplets = readdirSync('/usr/lib').filter((name) => name.includes('-linux-'));
  const folders = [...triplets.map((name) => join('/usr/lib', name)), '/usr/lib', '/usr/lib64'];
  const found = folders.map((folder) => join(folder, 'ulogd')).find((folder) => existsSync(folder));
  if (!found) throw new Error('the plugins of ulogd2 were not found under /usr/lib');
  return found;
}
