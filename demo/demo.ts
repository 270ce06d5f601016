/**
 * Shows specter at work, logging and opening a door to who knocks, between two private network namespaces, a client and a firewall. All it
 * makes is in a temporary folder and in these namespaces, and goes with this process.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { startSpecter } from '../test/support/daemon.ts';
import { Namespace } from '../test/support/namespace.ts';
import { requireKernel } from '../test/support/requirements.ts';
import { scriptCommand } from '../test/support/script-command.ts';
import { config, firewall } from './config.ts';
import { Follower } from './follow.ts';

interface Step {
  readonly what: string;
  /** A line for traffic.ts on the client, or `ping` and an address. */
  readonly traffic: string;
  /** Where its one packet is logged: what follows it belongs to a known connection. */
  readonly file: 'accepted' | 'dropped';
}

const steps: readonly Step[] = [
  { what: 'ping', traffic: 'ping 192.0.2.1', file: 'accepted' },
  { what: 'ping, IPv6', traffic: 'ping 2001:db8::1', file: 'accepted' },
  { what: 'TCP to port 8080', traffic: 'tcp 192.0.2.1 8080', file: 'accepted' },
  { what: 'TCP to port 8080, IPv6', traffic: 'tcp 2001:db8::1 8080', file: 'accepted' },
  { what: 'TCP to port 23', traffic: 'tcp 192.0.2.1 23', file: 'dropped' },
  { what: 'UDP to port 53', traffic: 'udp 192.0.2.1 53', file: 'dropped' },
  { what: 'UDP to port 5060, IPv6', traffic: 'udp 2001:db8::1 5060', file: 'dropped' },
];

const door = 'tcp 192.0.2.1 2222';
const knocks = ['tcp 192.0.2.1 7000', 'udp 192.0.2.1 8000', 'tcp 192.0.2.1 9000'];
/** Milliseconds between two knocks, so that they arrive in their order. */
const KNOCK_PAUSE = 100;

const missing = requireKernel('ping');
if (missing !== undefined) {
  console.error(`demo: ${missing}`);
  process.exit(1);
}
// An orderly exit, so that the folder is removed; the namespaces go whatever happens.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => process.exit(130));
}

await using client = await Namespace.create();
await using router = await Namespace.create();
await client.veth('eth0', router, 'eth0');
await client.address('eth0', '192.0.2.77/24');
await client.address('eth0', '2001:db8::77/64');
await router.address('eth0', '192.0.2.1/24');
await router.address('eth0', '2001:db8::1/64');
await router.nft(firewall);

await using specter = await startSpecter({ namespace: router, config });
const [node, ...script] = scriptCommand(new URL('./traffic.ts', import.meta.url));
await using server = router.spawn(node, script, { stdin: true });
await using visitor = client.spawn(node, script, { stdin: true });
server.stdin?.write('serve 8080\nserve 2222\n');
await server.waitForLog(/listening on port 2222/);

heading('The config');
console.log(config(specter.folder.path).trimEnd());
heading('The firewall');
console.log(firewall.trimEnd());
heading('Traffic, and the lines of the log files as they arrive');
const count = { accepted: 0, dropped: 0 };
{
  using _accepted = follow('accepted');
  using _dropped = follow('dropped');
  for (const step of steps) await take(step);
  await take({ what: 'TCP to port 2222, which is shut', traffic: door, file: 'dropped' });
  await knock();
  await take({ what: 'TCP to port 2222, which is open now', traffic: door, file: 'accepted' });
}
heading('SIGTERM: specter says what it has done');
const before = specter.stderr.length;
const { code, stderr } = await specter.stop();
console.log(stderr.slice(before).trimEnd());
console.log(`\n${count.accepted} accepted and ${count.dropped} dropped packets logged.`);
console.log('Its namespaces, rules and files are removed now.');
process.exitCode = code ?? 1;

async function take({ what, traffic, file }: Step): Promise<void> {
  console.log(`\n${what}`);
  const [program, address = ''] = traffic.split(' ');
  if (program === 'ping') await client.exec('ping', '-c', '1', address);
  else visitor.stdin?.write(`${traffic}\n`);
  count[file] += 1;
  await specter.waitForLines(`${file}.log`, count[file]);
}

async function knock(): Promise<void> {
  console.log('\nknocking: TCP to port 7000, UDP to 8000, TCP to 9000');
  for (const packet of knocks) {
    visitor.stdin?.write(`${packet}\n`);
    await delay(KNOCK_PAUSE);
  }
  const [message] = await specter.waitForLog(/block 3 KNOCK: .*/);
  console.log(`  specter     │ ${message}`);
  const set = await router.exec('nft', 'list', 'set', 'inet', 'demo', 'friends');
  console.log(`  nft         │ ${/elements = .*/.exec(set)?.[0]}`);
}

function follow(name: 'accepted' | 'dropped'): Follower {
  return new Follower(specter.folder.join(`${name}.log`), (line) => {
    console.log(`  ${name}.log │ ${line}`);
  });
}

function heading(text: string): void {
  console.log(`\n── ${text} ${'─'.repeat(Math.max(0, 76 - text.length))}`);
}
