import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { Host, LinkNames } from '../plugins/api.ts';
import { escapeUnprintable } from './log-line.ts';
import { openAppend } from './open-append.ts';
import type { TargetUser } from './privileges.ts';

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

  openAppend(path: string): number {
    return openAppend(resolve(this.#folder, path), this.futureUser);
  }
}

function shortHostname(): string {
  return escapeUnprintable(hostname().split('.', 1)[0] ?? '') || 'localhost';
}
