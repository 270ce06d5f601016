import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { Namespace } from '../support/namespace.ts';
import { numberedPort, numberingRules, sendNumbered } from '../support/numbered-packets.ts';
import { requireKernel, title } from '../support/requirements.ts';
import { Rsyslog } from '../support/rsyslog.ts';
import { ScratchFolder } from '../support/scratch-folder.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const missing = requireKernel('rsyslogd');

/** npm's errors when the other packages are neither in its cache nor to be had. */
const isOffline = /\bE(?:NOTCACHED|NOTFOUND|AI_AGAIN|CONNREFUSED|CONNRESET|TIMEDOUT|NETUNREACH)\b/;

/** Where npm puts things: in a project of its own, or where the README has specter. */
const kinds = {
  local: { options: [], modules: 'node_modules', bin: 'node_modules/.bin' },
  global: { options: ['--global'], modules: 'lib/node_modules', bin: 'bin' },
};

/**
 * Packs this checkout as `npm pack` does, but for the build, and installs it in `folder`. Returns
 * what npm says when the registry cannot be reached.
 */
async function installPacked(
  folder: ScratchFolder,
  options: readonly string[],
): Promise<string | undefined> {
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  await run('npm', ['pack', ...quiet, `--pack-destination=${folder.path}`], { cwd: root });
  const [tarball = ''] = (await readdir(folder.path)).filter((name) => name.endsWith('.tgz'));
  await folder.write('package.json', '{ "name": "user", "private": true }');
  const where = [...options, `--prefix=${folder.path}`];
  const install = ['install', '--prefer-offline', ...where, ...quiet, folder.join(tarball)];
  try {
    await run('npm', install, { cwd: folder.path });
    return undefined;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    if (isOffline.test(text) && !process.env.CI) return text;
    throw error;
  }
}

describe.skipIf(missing)(title('specter installed from its package', missing), () => {
  test.for([kinds.local, kinds.global])(
    'in $modules knows SYSLOG and sends through its own posix',
    async (kind, { skip }) => {
      const { options, modules, bin } = kind;
      await using folder = await ScratchFolder.create();
      const obstacle = await installPacked(folder, options);
      skip(obstacle !== undefined, `npm reaches no registry: ${obstacle}`);
      const list = ['ls', 'posix', '--parseable', ...options, `--prefix=${folder.path}`];
      const { stdout: tree } = await run('npm', list, { cwd: folder.path });
      expect(tree.trim()).toBe(folder.join(`${modules}/specter/node_modules/posix`));

      const specter = folder.join(`${bin}/specter`);
      const { stdout: info } = await run(specter, ['info', 'SYSLOG']);
      expect(info).toMatch(/^Name: SYSLOG\nKind: output\n/);

      await using namespace = await Namespace.create();
      await using rsyslog = await Rsyslog.start();
      await namespace.nft(numberingRules({ [numberedPort]: 'log group 5' }));
      const config = '5 {\n  plugin BASE\n  plugin SYSLOG\n  syslog_facility local2\n}\n';
      const file = await folder.write('specter.conf', config);
      await using daemon = rsyslog.spawn(namespace, [specter, '-v', '-c', file]);
      await daemon.waitForLog(/specter \S+ ready/);
      await sendNumbered(namespace, 1);
      const [line] = await rsyslog.waitForLines('local2', 1);
      expect(line).toMatch(/^local2\.notice specter\[\d+\]: {2}IN=lo .* MARK=0x0 $/);
      const { code, stderr } = await daemon.stop();
      expect([code, stderr]).toEqual([0, expect.stringContaining('SYSLOG: written 1, dropped 0')]);
    },
  );
});
