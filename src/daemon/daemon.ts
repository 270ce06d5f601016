import { resolve } from 'node:path';
import { LinkTable } from '../netlink/index.ts';
import type { PluginLog } from '../plugins/api.ts';
import { BlockSet } from './block-set.ts';
import type { GlobalOptions } from './global-options.ts';
import { DaemonHost } from './host.ts';
import type { BlockServices } from './live-block.ts';
import { type LoadedConfig, loadConfig } from './load-config.ts';
import { Log, type Logger } from './log.ts';
import { Pidfile } from './pidfile.ts';
import { pluginLog } from './plugin-log.ts';
import { dropPrivileges, resolveUser, type TargetUser } from './privileges.ts';
import { RateLimiter } from './rate-limit.ts';
import type { Readiness } from './readiness.ts';
import { Receiving } from './receiving.ts';
import { formatStatistics } from './statistics.ts';
import { messageOf, toError } from './to-error.ts';

/** What the command line says; it wins over the config's global block. */
export interface DaemonFlags {
  readonly configFile: string;
  readonly user?: string;
  readonly pidfile?: string;
  readonly loglevel?: number;
  /** Log to the terminal as well. */
  readonly verbose: boolean;
  /** Started with -d: there is no terminal. */
  readonly background: boolean;
}

/** Global options that only a start can bring about. */
const fixedOptions = ['logfile', 'rmem', 'bufsize', 'pidfile', 'user', 'keepcaps'] as const;

/** The daemon at work: its blocks, its log, and what to do on each signal. */
export class Daemon {
  readonly #flags: DaemonFlags;
  readonly #configFile: string;
  /** Where specter was started: what relative paths refer to, wherever it has gone since. */
  readonly #folder = process.cwd();
  readonly #readiness: Readiness;
  readonly #log: Log;
  readonly #logger: Logger;
  readonly #limiter = new RateLimiter();
  readonly #partLogs = new Map<string, PluginLog>();
  readonly #receiving: Receiving;
  readonly #links: LinkTable;
  readonly #host: DaemonHost;
  readonly #blocks: BlockSet;
  #global: GlobalOptions;
  #pidfile: Pidfile | undefined;
  #exitCode = 0;
  /** The first error of a plugin that failed while it was being opened. */
  #startError: Error | undefined;
  #started = false;
  readonly #stop = new AbortController();
  /** Reloads, one after the other. */
  #reloads: Promise<void> = Promise.resolve();
  /** The blocks being changed by a reload: what a stop has to wait for. */
  #changing: Promise<void> = Promise.resolve();
  #closed: Promise<void> | undefined;
  #finish: (exitCode: number) => void = () => {};
  /** The exit code, once everything is flushed and closed. */
  readonly finished = new Promise<number>((finish) => {
    this.#finish = finish;
  });

  /**
   * Starts everything, going from privileged to unprivileged: log and pidfile, sockets and files,
   * then the change of user, and only then the first packet gets in. When anything fails, all that
   * was opened is closed again and the error thrown.
   *
   * @param stop ends the wait for plugins that look outside: its reason is thrown then
   */
  static async start(
    loaded: LoadedConfig,
    flags: DaemonFlags,
    readiness: Readiness,
    stop: AbortSignal,
  ): Promise<Daemon> {
    const { global } = loaded;
    const user = flags.user ?? global.user;
    const target = user === undefined ? undefined : resolveUser(user, global.keepcaps);
    const daemon = new Daemon(loaded, flags, readiness, target);
    try {
      await daemon.#open(loaded, target, stop);
      return daemon;
    } catch (error) {
      // The caller tells the terminal.
      if (global.logfile !== 'stderr') {
        const level = stop.aborted && error === stop.reason ? 'notice' : 'fatal';
        daemon.#logger[level](messageOf(error));
      }
      await daemon.#close();
      throw error;
    }
  }

  private constructor(
    { global }: LoadedConfig,
    flags: DaemonFlags,
    readiness: Readiness,
    target: TargetUser | undefined,
  ) {
    this.#flags = flags;
    this.#configFile = resolve(flags.configFile);
    this.#readiness = readiness;
    this.#global = global;
    this.#log = new Log({
      target: logTarget(global.logfile, flags.background),
      level: flags.loglevel ?? global.loglevel,
      mirror: flags.verbose,
      forUser: target,
    });
    this.#logger = this.#log.component('specter');
    this.#receiving = new Receiving(global.bufsize, (error) => {
      // The socket is out of the loop by then: to go on would be to lose its packets in silence.
      this.#end('receiving', toError(error));
    });
    this.#links = LinkTable.open();
    this.#host = new DaemonHost(this.#links);
    this.#blocks = new BlockSet(this.#blockServices(), this.#logger);
  }

  #blockServices(): BlockServices {
    return {
      log: (block, title) => this.#partLog(`block ${block} ${title}`),
      source: {
        host: this.#host,
        loop: this.#receiving.loop,
        ring: (slotSize) => this.#receiving.ring(slotSize),
        receiveBuffer: this.#global.rmem,
      },
      fail: (block, title, error) => this.#fail(`block ${block} ${title}`, error),
    };
  }

  async #open(
    { config, catalogue, global }: LoadedConfig,
    target: TargetUser | undefined,
    stop: AbortSignal,
  ): Promise<void> {
    const pidfile = this.#flags.pidfile ?? global.pidfile;
    if (pidfile !== undefined) this.#pidfile = Pidfile.acquire(pidfile);
    this.#host.futureUser = target;
    await this.#blocks.open(config.blocks, catalogue, stop);
    if (target) this.#becomeUser(target);
    if (this.#startError) throw this.#startError;
    this.#receiving.loop.add(this.#links.fd, () => this.#links.update());
    this.#blocks.start();
    this.#started = true;
  }

  #becomeUser(target: TargetUser): void {
    dropPrivileges(target);
    this.#host.futureUser = undefined;
    this.#logger.info(`now user ${target.name} (uid ${target.uid})`);
  }

  get #stopping(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Tells everybody who waits for it that the daemon is up. */
  announce(version: string): void {
    this.#logger.notice(`specter ${version} ready, ${blocks(this.#blocks.size)}`);
    this.#readiness.status(blocks(this.#blocks.size));
    this.#readiness.ready();
  }

  /** Logs warnings about the config, for those who do not see the terminal. */
  warn(warnings: string): void {
    for (const line of linesOf(warnings)) this.#logger.notice(line);
  }

  /** SIGHUP. */
  reopen(): void {
    this.#log.reopen();
    this.#blocks.reopen();
    this.#logger.notice('files reopened');
  }

  /** SIGUSR2. */
  logStatistics(): void {
    for (const block of this.#blocks.statistics()) {
      for (const line of formatStatistics(block)) this.#logger.notice(line);
    }
  }

  /** SIGUSR1. */
  reload(): void {
    this.#reloads = this.#reloads
      .then(() => this.#reload())
      .catch((error: unknown) => {
        this.#logger.error(`config not reloaded: ${messageOf(error)}`);
      });
  }

  /** SIGTERM and SIGINT: takes in what is there, flushes, and ends with exit code 0. */
  stop(reason: string): void {
    if (this.#stopping) return;
    this.#stop.abort(new Error('specter is stopping'));
    this.#logger.notice(`${reason}: stopping`);
    this.#readiness.stopping();
    // Not for a reload that is still reading: a plugin's module may never finish loading.
    this.#changing
      .then(() => this.#close())
      .catch((error: unknown) => {
        this.#exitCode = 1;
        process.stderr.write(`specter: ${messageOf(error)}\n`);
      })
      .finally(() => this.#finish(this.#exitCode));
  }

  /** An error that nobody caught: a bug, here or in a plugin. Ends the daemon, in order. */
  crash(error: Error): void {
    this.#end('specter', error);
  }

  /** An error that a plugin could not mend. */
  #fail(part: string, error: Error): void {
    if (!this.#started) {
      this.#startError ??= new Error(`${part}: ${error.message}`, { cause: error });
    } else if (this.#global.errignore) {
      this.#partLog(part).counted(error.message, 1);
    } else {
      this.#end(part, error, ' (the global option errignore would go on)');
    }
  }

  #end(part: string, error: Error, hint = ''): void {
    const { stack } = error;
    if (stack) this.#log.write('debug', part, stack);
    this.#log.write('fatal', part, `${error.message}${hint}`);
    this.#exitCode = 1;
    this.stop(`error of ${part}`);
  }

  /** The log of a part; one for its name's whole life, so that what it counts adds up. */
  #partLog(part: string): PluginLog {
    let log = this.#partLogs.get(part);
    if (!log) {
      log = pluginLog(this.#log.component(part), this.#limiter);
      this.#partLogs.set(part, log);
    }
    return log;
  }

  async #reload(): Promise<void> {
    if (this.#stopping) return;
    this.#readiness.reloading();
    try {
      const { loaded, errors, warnings } = await loadConfig(this.#configFile, {
        color: false,
        folder: this.#folder,
        reload: true,
      });
      if (this.#stopping) return;
      for (const line of linesOf(errors)) this.#logger.error(line);
      this.warn(warnings);
      if (loaded) {
        const changing = this.#apply(loaded);
        this.#changing = changing.catch(() => {});
        await changing;
      } else this.#logger.error('config not reloaded because of these errors: the old one stays');
    } finally {
      if (!this.#stopping) this.#readiness.ready();
    }
  }

  async #apply({ config, catalogue, global }: LoadedConfig): Promise<void> {
    for (const option of fixedOptions) {
      if (String(global[option]) === String(this.#global[option])) continue;
      this.#logger.notice(`global option ${option}: takes effect at the next start`);
    }
    this.#global = global;
    this.#log.level = this.#flags.loglevel ?? global.loglevel;
    const failures = await this.#blocks.change(config.blocks, catalogue, this.#stop.signal);
    const exceptions = failures === 0 ? '' : `, but for ${blocks(failures)}`;
    this.#logger.notice(`config reloaded${exceptions}`);
  }

  /** Closes everything once, whoever asks; a part that fails keeps none of the others open. */
  #close(): Promise<void> {
    this.#closed ??= this.#closeParts();
    return this.#closed;
  }

  async #closeParts(): Promise<void> {
    try {
      await this.#blocks.close();
      await this.#receiving.loop.stop();
      this.#links.close();
    } finally {
      this.#limiter.close();
      this.#log.close();
      // Last: until then nobody may take the daemon for gone.
      this.#pidfile?.release();
    }
  }
}

/** In the background stdout and stderr lead nowhere: syslog takes their place. */
function logTarget(logfile: string, background: boolean): string {
  if (logfile === 'syslog') return logfile;
  if (logfile === 'stdout' || logfile === 'stderr') return background ? 'syslog' : logfile;
  return resolve(logfile);
}

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '');

const blocks = (count: number): string => (count === 1 ? '1 block' : `${count} blocks`);
