import { closeSync, openSync } from 'node:fs';
import { checked, libc } from '../../../src/libc/library.ts';
import type { Namespace } from '../../support/namespace.ts';
import { requireKernel, runsAsRoot } from '../../support/requirements.ts';

/** linux/sched.h */
const CLONE_NEWNET = 0x40000000;
const setns = libc.func('int setns(int fd, int kind)');

/** Why code of this process cannot enter a namespace; see `requireKernel`. */
export function requireEntry(): string | undefined {
  return requireKernel() ?? (runsAsRoot ? undefined : 'entering a namespace takes root');
}

/**
 * Moves the main thread into a network namespace until disposed: sockets that are opened there stay
 * there. Descriptors work as ever, and /proc/net shows the namespace.
 */
export class Inside implements Disposable {
  readonly #home = openSync('/proc/self/ns/net', 'r');

  constructor(namespace: Namespace) {
    const target = openSync(`/proc/${namespace.pid}/ns/net`, 'r');
    checked('setns', setns(target, CLONE_NEWNET));
    closeSync(target);
  }

  [Symbol.dispose](): void {
    checked('setns', setns(this.#home, CLONE_NEWNET));
    closeSync(this.#home);
  }
}
