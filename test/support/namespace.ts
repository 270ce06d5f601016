import { spawn } from 'node:child_process';
import { delimiter } from 'node:path';
import { runsAsRoot, searchPath } from './requirements.ts';
import { RunningProcess } from './running-process.ts';

export interface SpawnOptions {
  /** Added to the environment of this process; `undefined` takes a variable away. */
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Whether {@link RunningProcess.stdin} is a pipe; otherwise /dev/null. */
  readonly stdin?: boolean;
}

/** What is used of ip's description of an interface. */
interface Link {
  readonly address: string;
  readonly operstate: string;
  readonly linkinfo?: { readonly info_slave_data?: { readonly state?: string } };
}

/**
 * A private network namespace with nothing but `lo`, which is up.
 *
 * It is held by a process that lives only as long as its standard input stays open, so that the
 * namespace, its interfaces and its nftables rules vanish with the test process, even one that was
 * killed. Needs root, or a system that allows user namespaces: all namespaces of an
 * ordinary user share one user namespace, in which veth pairs between them may be made.
 */
export class Namespace implements AsyncDisposable {
  readonly #holder: RunningProcess;
  readonly #children = new Set<RunningProcess>();

  private constructor(holder: RunningProcess) {
    this.#holder = holder;
  }

  /** @throws Error with unshare's message when the system does not allow it. */
  static async create(): Promise<Namespace> {
    const unshare = ['unshare', '--net', '--', 'sh', '-c', `ip link set lo up && ${holdOpen}`];
    const [command = '', ...args] = runsAsRoot
      ? unshare
      : [...nsenter(await borrowUserNamespace(), '--user'), ...unshare];
    const holder = start(command, args, { stdin: true });
    await holder.waitForLog(/^held$/m);
    return new Namespace(holder);
  }

  /** The holder's pid: `/proc/<pid>/net` shows the namespace from outside. */
  get pid(): number {
    return this.#holder.pid;
  }

  /** `command` as it has to be called from outside to run within; its pid stays the child's pid. */
  enter(command: readonly string[]): string[] {
    const kinds = runsAsRoot ? ['--net'] : ['--user', '--net'];
    return [...nsenter(this.pid, ...kinds), ...command];
  }

  /** Starts a command within the namespace. */
  spawn(command: string, args: readonly string[] = [], options: SpawnOptions = {}): RunningProcess {
    const [outer = '', ...rest] = this.enter([command, ...args]);
    const child = start(outer, rest, options, command);
    this.#children.add(child);
    child.exit.then(() => this.#children.delete(child));
    return child;
  }

  /**
   * Runs a command to its end and returns what it wrote to standard output.
   * @throws Error with its standard error when its exit status is not 0.
   */
  async exec(command: string, ...args: string[]): Promise<string> {
    return await this.#run(command, args, '');
  }

  /** Loads rules in nft's syntax; all of them or, with nft's own message, none. */
  async nft(rules: string): Promise<void> {
    await this.#run('nft', ['-f', '-'], rules);
  }

  /**
   * Connects this namespace with `peer` by a pair of Ethernet interfaces, both up.
   * @param name the end in this namespace; @param peerName the end in `peer`. At most 15 bytes each.
   */
  async veth(name: string, peer: Namespace, peerName: string): Promise<void> {
    const ends = ['link', 'add', name, 'type', 'veth', 'peer', 'name', peerName];
    await this.exec('ip', ...ends, 'netns', String(peer.pid));
    await this.exec('ip', 'link', 'set', name, 'up');
    await peer.exec('ip', 'link', 'set', peerName, 'up');
    // The kernel starts the queues of an interface some time after its carrier; until then it drops.
    await this.#whenLink(name, ({ operstate }) => operstate === 'UP');
    await peer.#whenLink(peerName, ({ operstate }) => operstate === 'UP');
  }

  /** An interface that swallows what is sent through it. Needs the module `dummy`. */
  async dummy(name: string): Promise<void> {
    await this.exec('ip', 'link', 'add', name, 'up', 'type', 'dummy');
  }

  /** Joins interfaces of this namespace into an Ethernet bridge. */
  async bridge(name: string, ports: readonly string[]): Promise<void> {
    await this.exec('ip', 'link', 'add', name, 'up', 'type', 'bridge');
    for (const port of ports) {
      await this.exec('ip', 'link', 'set', port, 'master', name);
      const forwards = (link: Link) => link.linkinfo?.info_slave_data?.state === 'forwarding';
      await this.#whenLink(port, forwards);
    }
  }

  /** An IEEE 802.1Q interface `<parent>.<id>`, up; returns its name. Needs the module `8021q`. */
  async vlan(parent: string, id: number): Promise<string> {
    const name = `${parent}.${id}`;
    const vlan = ['type', 'vlan', 'id', String(id)];
    await this.exec('ip', 'link', 'add', 'link', parent, 'name', name, 'up', ...vlan);
    return name;
  }

  /** Gives an interface an address such as `10.0.0.1/24` or `fd00::1/64`, usable at once. */
  async address(name: string, address: string): Promise<void> {
    const noDuplicateDetection = address.includes(':') ? ['nodad'] : [];
    await this.exec('ip', 'address', 'add', address, 'dev', name, ...noDuplicateDetection);
  }

  /** The interface's hardware address as in `02:00:00:00:00:01`. */
  async hardwareAddress(name: string): Promise<string> {
    return (await this.#link(name)).address;
  }

  /** Kills what {@link spawn} started and still runs; the namespace goes with its last process. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of [...this.#children]) await child[Symbol.asyncDispose]();
    this.#holder.stdin?.end();
    await this.#holder.exit;
    if (!runsAsRoot) await returnUserNamespace();
  }

  async #link(name: string): Promise<Link> {
    const [link] = JSON.parse(await this.exec('ip', '-json', '-details', 'link', 'show', name));
    return link;
  }

  /** Asks again and again: each answer of ip takes long enough to be no busy loop. */
  async #whenLink(name: string, is: (link: Link) => boolean): Promise<void> {
    const end = performance.now() + 5000;
    while (!is(await this.#link(name))) {
      if (performance.now() > end) throw new Error(`${name} has not come up within 5 s`);
    }
  }

  async #run(command: string, args: readonly string[], input: string): Promise<string> {
    await using child = this.spawn(command, args, { stdin: true });
    child.stdin?.on('error', ignoreClosedPipe).end(input);
    const { code, stdout, stderr } = await child.exit;
    if (code === 0) return stdout;
    throw new Error(`${[command, ...args].join(' ')}: exit status ${code}: ${stderr.trim()}`);
  }
}

/** Shell that says when the namespace is there and keeps it until standard input is closed. */
const holdOpen = 'echo held && exec cat';

const nsenter = (pid: number, ...kinds: string[]): string[] => {
  const credentials = kinds.includes('--user') ? ['--preserve-credentials'] : [];
  return ['nsenter', `--target=${pid}`, ...kinds, ...credentials, '--'];
};

/** The one user namespace of an ordinary user's network namespaces, and how many are in use. */
let userNamespace: Promise<RunningProcess> | undefined;
let borrowers = 0;

async function borrowUserNamespace(): Promise<number> {
  borrowers += 1;
  userNamespace ??= holdUserNamespace();
  return (await userNamespace).pid;
}

async function returnUserNamespace(): Promise<void> {
  borrowers -= 1;
  if (borrowers > 0) return;
  const holder = await userNamespace;
  userNamespace = undefined;
  holder?.stdin?.end();
  await holder?.exit;
}

async function holdUserNamespace(): Promise<RunningProcess> {
  const unshare = ['--user', '--map-root-user', 'sh', '-c', holdOpen];
  const holder = start('unshare', unshare, { stdin: true });
  await holder.waitForLog(/^held$/m);
  return holder;
}

/** A pipe whose reader has ended: its exit status tells more than EPIPE. */
const ignoreClosedPipe = () => undefined;

function start(
  command: string,
  args: readonly string[],
  { env, cwd, stdin = false }: SpawnOptions,
  name = command,
): RunningProcess {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, PATH: searchPath.join(delimiter), ...env },
    stdio: [stdin ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  });
  return new RunningProcess(name, child);
}
