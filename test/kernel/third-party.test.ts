import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { startSpecter } from '../support/daemon.ts';
import { Namespace } from '../support/namespace.ts';
import { numberedPort, numberingRules, sendNumbered } from '../support/numbered-packets.ts';
import { requireKernel, title } from '../support/requirements.ts';
import { ScratchFolder } from '../support/scratch-folder.ts';
import { lastStatistics } from '../support/statistics.ts';

const missing = requireKernel();

/** An output plugin whose `write` does this for each batch. */
const module = (write: string, open = ''): string => `export default {
  kind: 'output', name: 'BAD', summary: 'misbehaves', options: {}, reads: [{ name: 'raw.pkt' }],
  open() {
    ${open}
    return {
      counters: { written: 0, dropped: 0, errors: 0 },
      write(batch) { ${write} },
      async close() {},
    };
  },
};
`;

const config = (plugin: string) => (folder: string) =>
  `global {
  errignore
}
5 {
  plugin BASE
  plugin LOGEMU
  logemufile ${folder}/packets.log
  plugin ${plugin}
}
`;

describe.skipIf(missing)(title('a third-party plugin', missing), () => {
  async function start(text: string) {
    const folder = await ScratchFolder.create();
    writeFileSync(folder.join('bad.mjs'), text, { mode: 0o644 });
    const namespace = await Namespace.create();
    await namespace.nft(numberingRules({ [numberedPort]: 'log group 5' }));
    const specter = await startSpecter({ namespace, config: config(folder.join('bad.mjs')) });
    return {
      namespace,
      specter,
      async [Symbol.asyncDispose]() {
        await specter[Symbol.asyncDispose]();
        await namespace[Symbol.asyncDispose]();
        await folder[Symbol.asyncDispose]();
      },
    };
  }

  test('whose promise is rejected ends the daemon in order, and the log says why', async () => {
    await using bench = await start(module("Promise.reject(new Error('out of luck'));"));
    await sendNumbered(bench.namespace, 1);
    const { code, stderr } = await bench.specter.process.exit;
    expect(code).toBe(1);
    expect(stderr).toContain('fatal specter: out of luck\n');
    expect(lastStatistics(stderr)[5]).toMatchObject({ received: 1 });
    expect(await bench.specter.lines('packets.log')).toHaveLength(1);
  });

  test('that throws does so alone, and its rows are counted as dropped', async () => {
    await using bench = await start(module("throw new Error('not today');"));
    await sendNumbered(bench.namespace, 3);
    await bench.specter.waitForLog(/error block 5 BAD: not today/);
    await bench.specter.waitForLines('packets.log', 3);
    const { code, stderr } = await bench.specter.stop();
    expect(code).toBe(0);
    expect(stderr).toMatch(/block 5 BAD: written 0, dropped 3, errors [1-3]\n/);
  });

  test('that leaves a timer behind does not keep the process', async () => {
    await using bench = await start(module('', 'setInterval(() => {}, 1000);'));
    const { code } = await bench.specter.stop();
    expect(code).toBe(0);
  });
});
