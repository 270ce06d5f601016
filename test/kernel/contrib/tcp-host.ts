import type { Namespace } from '../../support/namespace.ts';
import type { RunningProcess } from '../../support/running-process.ts';
import { scriptCommand } from '../../support/script-command.ts';

const childScript = new URL('./tcp-host-child.ts', import.meta.url);

/** Long enough for any answer that comes at all, on the cable between two namespaces. */
const answerTime = 400;
/** For answers that have to come, however busy this machine is. */
const patience = 10_000;

/** What became of a connection: `open`, `timed out` or an error such as `ECONNREFUSED`. */
export type Outcome = string;

/** A host's TCP: real listeners and connections. They end with the namespace. */
export class TcpHost {
  readonly #child: RunningProcess;
  #requests = 0;

  constructor(namespace: Namespace) {
    const [command, ...args] = scriptCommand(childScript);
    this.#child = namespace.spawn(command, args, { stdin: true });
    // When the child has failed, what it wrote to standard error says more than EPIPE.
    this.#child.stdin?.on('error', () => undefined);
  }

  /** A service on all addresses that sends back what it gets. */
  async listen(port: number): Promise<void> {
    const outcome = await this.#ask(`listen ${port}`);
    if (outcome !== 'open') throw new Error(`port ${port}: ${outcome}`);
  }

  /** Connects where a door should be open. */
  async connect(address: string, port: number): Promise<Outcome> {
    return await this.#ask(`connect ${address} ${port}`, patience);
  }

  /** Tries a door that should be closed: `timed out` when it drops what comes. */
  async tryDoor(address: string, port: number): Promise<Outcome> {
    return await this.#ask(`connect ${address} ${port}`, answerTime);
  }

  /** Whether the last connection made there still passes data. */
  async echo(address: string, port: number): Promise<Outcome> {
    return await this.#ask(`echo ${address} ${port}`, patience);
  }

  /** As {@link echo}, where the connection should be cut. */
  async tryEcho(address: string, port: number): Promise<Outcome> {
    return await this.#ask(`echo ${address} ${port}`, answerTime);
  }

  /** One request at a time: the nth line of the child's answers is to the nth request. */
  async #ask(request: string, ms?: number): Promise<Outcome> {
    const answer = new RegExp(`^(?:.*\\n){${this.#requests}}${request} (.*)\\n`);
    this.#requests += 1;
    this.#child.stdin?.write(ms === undefined ? `${request}\n` : `${request} ${ms}\n`);
    const [, outcome = ''] = await this.#child.waitForLog(answer, patience + 5000);
    return outcome;
  }
}
