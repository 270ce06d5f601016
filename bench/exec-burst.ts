/**
 * A burst of packets into a block that logs each of them and runs a command for as many as its bounds
 * allow: `npx tsx bench/exec-burst.ts [PACKETS]`, as root, after a build. Prints what became of the
 * packets, and how late specter's event loop ran meanwhile.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { startSpecter } from '../test/support/daemon.ts';
import { Namespace } from '../test/support/namespace.ts';
import { numberingRules, sendNumbered } from '../test/support/numbered-packets.ts';
import { lastStatistics } from '../test/support/statistics.ts';

const packets = Number(process.argv[2] ?? 50_000);
const probe = fileURLToPath(new URL('./loop-delay-probe.mjs', import.meta.url));

await using namespace = await Namespace.create();
await namespace.nft(numberingRules({ 9: 'log group 5' }));
const figures = `/tmp/specter-loop-delay.${process.pid}`;
await using specter = await startSpecter({
  namespace,
  env: { NODE_OPTIONS: `--import=${probe}`, LOOP_DELAY_FILE: figures },
  config: (folder) => `global {
  rmem 32M
}
5 {
  :BASE
  :LOGEMU
    logemufile ${folder}/log
  :EXEC
    execstr /bin/true %S
}
`,
});
specter.signal('SIGWINCH');
const before = performance.now();
await sendNumbered(namespace, packets, { port: 9 });
const sent = performance.now() - before;
await specter.waitForLines('log', packets, 60_000);
const logged = performance.now() - before;
const { stderr } = await specter.stop();

const { received, lost, stages } = lastStatistics(stderr)[5] ?? {};
console.log(
  `sent ${packets} packets in ${sent.toFixed(0)} ms, all logged after ${logged.toFixed(0)} ms`,
);
console.log(`received ${received}, lost ${lost}`);
for (const [title, counts] of Object.entries(stages ?? {})) console.log(title, counts);
const { max, p99, mean } = JSON.parse(await readFile(figures, 'utf8'));
console.log(
  `event loop late by ${mean.toFixed(1)} ms on average, p99 ${p99.toFixed(1)} ms, at most ${max.toFixed(1)} ms`,
);
