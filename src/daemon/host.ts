import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { capabilityNumber } from '../libc/capabilities.ts';
import { withRightsOf } from '../libc/identity.ts';
import type { Host, LinkNames } from '../plugins/api.ts';
import { escapeUnprintable } from './log-line.ts';
import { openAppend } from './open-append.ts';
import { openUpdate } from './open-update.ts';
import type { TargetUser } from './privileges.ts';
import { readThreadStatuses } from './thread-status.ts';

/** What plugins get from the daemon. */
export class DaemonHost implements Host {
  readonly links: LinkNames;
  readonly hostname: string;
  /** What relative paths of the config refer to, wherever the daemon goes later. */
  readonly #folder = process.cwd();
  /** The user that files made now are for; undefined once specter is that user, or for none. */
  futureUser: TargetUser | undefined;

  constructor(links: LinkNames) {
    this.links = links;
    this.hostname = shortHostname();
  }

  get uid(): number {
    return this.futureUser?.uid ?? process.geteuid?.() ?? 0;
  }

  hasCapability(name: string): boolean {
    const number = capabilityNumber(name);
    if (number === undefined) throw new TypeError(`${name} is no capability`);
    if (this.futureUser) return this.futureUser.capabilities.includes(number);
    const main = readThreadStatuses().find(({ tid }) => tid === process.pid);
    return ((main?.effective ?? 0n) & (1n << BigInt(number))) !== 0n;
  }

  absolutePath(path: string): string {
    return resolve(this.#folder, path);
  }

  asUser<Result>(action: () => Result): Result {
    const user = this.futureUser;
    return user && process.geteuid?.() === 0 ? withRightsOf(user, action) : action();
  }

  openUpdate(path: string): number {
    return openUpdate(this.absolutePath(path), this.futureUser);
  }

  openAppend(path: string): number {
    return openAppend(this.absolutePath(path), this.futureUser);
  }
}

function shortHostname(): string {
  return escapeUnprintable(hostname().split('.', 1)[0] ?? '') || 'localhost';
}
