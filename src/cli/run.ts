import { ParentLink, startInBackground } from '../daemon/background.ts';
import { Daemon, type DaemonFlags } from '../daemon/daemon.ts';
import { inspectorRefusal } from '../daemon/inspector.ts';
import { type LoadedConfig, loadConfig } from '../daemon/load-config.ts';
import { Readiness } from '../daemon/readiness.ts';
import type { SignalInbox } from '../daemon/signals.ts';
import { messageOf, toError } from '../daemon/to-error.ts';
import { version } from '../version.ts';

export interface RunOptions {
  daemon?: boolean;
  configfile: string;
  uid?: string;
  pidfile?: string;
  loglevel?: number;
  verbose?: boolean;
}

/** `-t`: prints all errors, or that there are none. Returns the exit code. */
export async function testConfig(file: string): Promise<number> {
  const { loaded, messages } = await loadConfig(file, {
    color: process.stderr.isTTY,
    folder: process.cwd(),
    reload: false,
  });
  process.stderr.write(messages);
  if (!loaded) return 1;
  process.stdout.write('configuration ok\n');
  return 0;
}

/** Runs the daemon until it ends; with `-d`, until its child is ready. Returns the exit code. */
export async function run(options: RunOptions, signals: SignalInbox): Promise<number> {
  const refusal = inspectorRefusal();
  if (refusal !== undefined) return failed(`specter: ${refusal}\n`);
  const parent = ParentLink.fromEnvironment();
  if (options.daemon && !parent) return runInBackground(options, signals);
  const { loaded, messages, warnings } = await loadConfig(options.configfile, {
    color: process.stderr.isTTY && parent === undefined,
    folder: process.cwd(),
    reload: false,
  });
  if (!loaded) {
    parent?.failed(messages);
    return failed(messages);
  }
  if (!parent) process.stderr.write(messages);
  return runDaemon(loaded, options, signals, parent, warnings);
}

async function runDaemon(
  loaded: LoadedConfig,
  options: RunOptions,
  signals: SignalInbox,
  parent: ParentLink | undefined,
  warnings: string,
): Promise<number> {
  const readiness = Readiness.fromEnvironment((error) =>
    process.stderr.write(`specter: cannot tell the service manager: ${error.message}\n`),
  );
  parent?.restrictUmask();
  const { stopRequest } = signals;
  let daemon: Daemon;
  try {
    const flags = flagsOf(options, parent !== undefined);
    daemon = await Daemon.start(loaded, flags, readiness, stopRequest);
  } catch (error) {
    const message = `specter: ${messageOf(error)}\n`;
    parent?.failed(message);
    const code = failed(message);
    return stopRequest.aborted && error === stopRequest.reason ? 0 : code;
  }
  // A rejected promise or a throwing timer, of a plugin perhaps: never end without a word.
  process.on('uncaughtException', (error) => daemon.crash(toError(error)));
  parent?.leaveFolder();
  signals.deliver({
    reopen: () => daemon.reopen(),
    reload: () => daemon.reload(),
    statistics: () => daemon.logStatistics(),
    stop: (signal) => daemon.stop(signal),
  });
  if (parent) daemon.warn(warnings);
  daemon.announce(version);
  parent?.ready();
  return daemon.finished;
}

async function runInBackground(options: RunOptions, signals: SignalInbox): Promise<number> {
  const [, script = '', ...args] = process.argv;
  const abort = new AbortController();
  const ignore = (): void => {};
  signals.deliver({
    reopen: ignore,
    reload: ignore,
    statistics: ignore,
    stop: () => abort.abort(),
  });
  const log = `the log that ${options.configfile} names`;
  const failure = await startInBackground({ script, args, log, signal: abort.signal });
  return failure === undefined ? 0 : failed(failure.endsWith('\n') ? failure : `${failure}\n`);
}

function failed(message: string): number {
  process.stderr.write(message);
  return 1;
}

function flagsOf(options: RunOptions, background: boolean): DaemonFlags {
  const { configfile, uid, pidfile, loglevel, verbose } = options;
  return {
    configFile: configfile,
    verbose: verbose === true,
    background,
    ...(uid === undefined ? {} : { user: uid }),
    ...(pidfile === undefined ? {} : { pidfile }),
    ...(loglevel === undefined ? {} : { loglevel }),
  };
}
