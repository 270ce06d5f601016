import { url } from 'node:inspector';

/**
 * The Node option with which every specter process is started, in `bin/specter` and for `-d`.
 *
 * On SIGUSR1 Node opens its debugger, and whoever may connect to 127.0.0.1 then runs code as root,
 * until the program has a listener for that signal. That takes some ten milliseconds from the
 * start of the process; the option closes the gap. The debugger's address is one that never
 * resolves: libc's getaddrinfo takes the name of an interface after `%` for link-local addresses
 * alone, so that even an interface called `nosuch` would not make `::1%nosuch` valid. Node says
 * "Unable to resolve" on stderr and goes on.
 *
 * It also disarms `--inspect` and `--inspect-port` in NODE_OPTIONS, which yield to the command line.
 */
export const NO_INSPECTOR_OPTION = '--inspect-port=::1%nosuch:9229';

/**
 * Why this process must not run, if a debugger listens in it and it is root: any local user could
 * connect. Only somebody who started Node by hand with `--inspect` meets this.
 *
 * Not a defence against whoever sets NODE_OPTIONS: `--require` there runs any code long before
 * this. As for LD_PRELOAD, keeping the environment of a root process clean is up to whoever starts it.
 *
 * @returns the message, or undefined when all is well
 */
export function inspectorRefusal(): string | undefined {
  const address = url();
  if (address === undefined || process.geteuid?.() !== 0) return undefined;
  return `the Node debugger listens on ${address}, where any local user could run code as root: start without --inspect, or not as root`;
}
