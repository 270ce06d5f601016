import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { Host, LinkNames } from '../plugins/api.ts';
import { escapeUnprintable } from './log-line.ts';
import { chownForUser, type TargetUser } from './privileges.ts';

/** rw-r-----: logs tell who talks to whom, which is not for everybody. */
const LOG_MODE = 0o640;

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
    // O_NONBLOCK keeps the daemon from hanging on a named pipe that nobody reads; regular files do
    // not know it.
    const flags =
      constants.O_WRONLY |
      constants.O_APPEND |
      constants.O_CREAT |
      constants.O_NOCTTY |
      constants.O_NONBLOCK;
    const fd = openSync(resolve(this.#folder, path), flags, LOG_MODE);
    try {
      if (this.futureUser && fstatSync(fd).uid !== this.futureUser.uid) {
        chownForUser(fd, this.futureUser);
      }
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    return fd;
  }
}

function shortHostname(): string {
  return escapeUnprintable(hostname().split('.', 1)[0] ?? '') || 'localhost';
}
