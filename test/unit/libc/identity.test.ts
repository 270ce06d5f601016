import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { withRightsOf } from '../../../src/libc/identity.ts';
import { runsAsRoot, title } from '../../support/requirements.ts';

const nobody = { uid: 65_534, gid: 65_534, groups: [65_534] };
const checkout = fileURLToPath(new URL('../../../', import.meta.url));
const missing = runsAsRoot ? undefined : 'needs root';

/** Acts as nobody with what takes a thread of libuv's pool, then becomes nobody for good. */
const script = `
  import { lookup } from 'node:dns';
  import { readdirSync, readFileSync } from 'node:fs';
  import { setGid, setGroups, setUid, withRightsOf } from './identity.ts';

  const users = () => [...new Set(readdirSync('/proc/self/task').map((thread) =>
    /^Uid:\\s+(.*)$/m.exec(readFileSync('/proc/self/task/' + thread + '/status', 'utf8'))[1],
  ))];
  const threads = () => readdirSync('/proc/self/task').length;
  const user = ${JSON.stringify(nobody)};
  const before = threads();
  const during = withRightsOf(user, () => {
    lookup('localhost', () => {});
    return process.geteuid();
  });
  const after = users();
  const started = threads() - before;
  setGroups(user.groups);
  setGid(user.gid);
  setUid(user.uid);
  console.log(JSON.stringify({ during, after, started, last: users() }));
`;

describe.skipIf(missing)(title('withRightsOf, as root,', missing), () => {
  test('lends no thread of the pool its rights', async () => {
    // As CommonJS: once Node has loaded a file, or an ES module, it may have a pool.
    const { outputFiles } = await build({
      stdin: { contents: script, resolveDir: join(checkout, 'src/libc'), loader: 'ts' },
      ...{ bundle: true, platform: 'node', format: 'cjs', external: ['koffi'], write: false },
    });
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--eval', outputFiles[0]?.text ?? ''],
      // koffi is found from there.
      { cwd: checkout, env: { UV_THREADPOOL_SIZE: '3' }, encoding: 'utf8' },
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const all = (uid: number): string[] => [Array(4).fill(uid).join('\t')];
    expect(JSON.parse(stdout)).toEqual({
      during: nobody.uid,
      after: all(0),
      started: 3,
      last: all(nobody.uid),
    });
  });
});

describe('withRightsOf', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  test('names an architecture that it does not know, and does nothing', () => {
    vi.stubGlobal('process', Object.create(process, { arch: { value: 'ppc64' } }));
    const action = vi.fn();
    expect(() => withRightsOf(nobody, action)).toThrow(
      new Error('acting as another user is not possible on ppc64 yet'),
    );
    expect(action).not.toHaveBeenCalled();
  });
});
