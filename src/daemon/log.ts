import { type LevelName, logLevels } from './log-line.ts';
import { DescriptorSink, FileSink, type LogSink, SyslogSink } from './log-sink.ts';
import type { TargetUser } from './privileges.ts';
import { messageOf } from './to-error.ts';

const STDOUT = 1;
const STDERR = 2;

/** Said by one part of the daemon: the component stands in each line. */
export interface Logger {
  /** What a developer wants to know. */
  debug(message: string): void;
  /** Normal operation in detail. */
  info(message: string): void;
  /** Rare and worth knowing: started, reloaded, a setting that the system did not grant. */
  notice(message: string): void;
  /** Something is lost or does not work, the daemon goes on. */
  error(message: string): void;
  /** The daemon ends. */
  fatal(message: string): void;
}

export interface LogOptions {
  /** `stdout`, `stderr`, `syslog`, or the path of a file, created where missing. Default `stderr`. */
  readonly target?: string;
  /** Lines below it are left out: 1 (everything) … 8 (only what ends the daemon). Default 3. */
  readonly level?: number;
  /** `-v`: the lines go to stderr as well, unless they do anyway. Default false. */
  readonly mirror?: boolean;
  /** The user that root is about to become, who has to be able to open the file again. */
  readonly forUser?: TargetUser | undefined;
}

/** The daemon's own log, not that of packets: levels, a target, one line a message. */
export class Log {
  readonly #sinks: LogSink[];
  /** As the option of that name; can be changed at any time, as by a reload. */
  level: number;

  /** @throws as openAppend when the file cannot be opened */
  constructor({ target = 'stderr', level = 3, mirror = false, forUser }: LogOptions = {}) {
    this.#sinks = [openSink(target, forUser)];
    if (mirror && target !== 'stderr') this.#sinks.push(new DescriptorSink(STDERR));
    this.level = level;
  }

  write(level: LevelName, component: string, message: string): void {
    if (logLevels[level] < this.level) return;
    const now = new Date();
    for (const sink of this.#sinks) sink.write(now, level, component, message);
  }

  /** @param name as it stands in the lines: `daemon`, `NFLOG 5`, `LOGEMU` */
  component(name: string): Logger {
    return {
      debug: (message) => this.write('debug', name, message),
      info: (message) => this.write('info', name, message),
      notice: (message) => this.write('notice', name, message),
      error: (message) => this.write('error', name, message),
      fatal: (message) => this.write('fatal', name, message),
    };
  }

  /** Opens a log file anew (SIGHUP). When that fails the old one stays in use and is told why. */
  reopen(): void {
    for (const sink of this.#sinks) {
      try {
        sink.reopen();
      } catch (error) {
        const reason = messageOf(error);
        this.write('error', 'log', `cannot reopen, writing to the old file: ${reason}`);
      }
    }
  }

  close(): void {
    for (const sink of this.#sinks) sink.close();
  }
}

function openSink(target: string, forUser: TargetUser | undefined): LogSink {
  switch (target) {
    case 'stdout':
      return new DescriptorSink(STDOUT);
    case 'stderr':
      return new DescriptorSink(STDERR);
    case 'syslog':
      return new SyslogSink('specter');
    default:
      return new FileSink(target, forUser);
  }
}
