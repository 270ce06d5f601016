import { closeSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { SystemLog, syslogSeverity } from '../libc/syslog.ts';
import { escapeUnprintable, formatLogLine, type LevelName } from './log-line.ts';
import { openAppend } from './open-append.ts';
import type { TargetUser } from './privileges.ts';
import { messageOf } from './to-error.ts';

const STDERR = 2;

/** Where lines of the daemon's own log go. No method but the constructor and reopen throws. */
export interface LogSink {
  write(time: Date, level: LevelName, component: string, message: string): void;
  /**
   * Opens the file of that name again, as logrotate asks for with SIGHUP.
   *
   * @throws as openAppend; the sink then goes on with the file it had
   */
  reopen(): void;
  close(): void;
}

/** Synchronous writes to a descriptor: right for the few lines that a daemon has to say. */
export class DescriptorSink implements LogSink {
  #fd: number;
  /** Lines that could not be written since the last that could. */
  #lost = 0;
  #lossReason = '';
  /** A write ended in the middle of a line: the next one must not continue it. */
  #isMidLine = false;

  constructor(fd: number) {
    this.#fd = fd;
  }

  write(time: Date, level: LevelName, component: string, message: string): void {
    const line = formatLogLine(time, level, component, message);
    if (!this.#tellLoss(time) || !this.#append(line)) this.#lost++;
  }

  reopen(): void {}

  close(): void {
    const now = new Date();
    if (!this.#tellLoss(now)) new DescriptorSink(STDERR).write(now, 'error', 'log', this.#loss());
  }

  /** Goes on with another descriptor; returns the one before, for closing. */
  protected replace(fd: number): number {
    const previous = this.#fd;
    this.#fd = fd;
    this.#isMidLine = false;
    return previous;
  }

  /** Writes how many lines were lost, if any; false when that fails as well. */
  #tellLoss(time: Date): boolean {
    if (this.#lost === 0) return true;
    if (!this.#append(formatLogLine(time, 'error', 'log', this.#loss()))) return false;
    this.#lost = 0;
    return true;
  }

  #loss(): string {
    const lines = this.#lost === 1 ? '1 line was' : `${this.#lost} lines were`;
    return `${lines} lost: ${this.#lossReason}`;
  }

  #append(line: string): boolean {
    const bytes = Buffer.from(this.#isMidLine ? `\n${line}` : line);
    let written = 0;
    try {
      while (written < bytes.length) {
        written += writeSync(this.#fd, bytes, written, bytes.length - written);
      }
    } catch (error) {
      // A log that cannot be written must not end the daemon: counted, and told once it can.
      this.#lossReason = messageOf(error);
      if (written > 0) this.#isMidLine = true;
      return false;
    }
    this.#isMidLine = false;
    return true;
  }
}

/** A log file, opened as {@link openAppend} does. */
export class FileSink extends DescriptorSink {
  readonly #path: string;
  readonly #forUser: TargetUser | undefined;

  /**
   * @param path made absolute now: the daemon leaves its working folder later
   * @param forUser the user that root is about to become
   * @throws as openAppend
   */
  constructor(path: string, forUser?: TargetUser) {
    const absolute = resolve(path);
    super(openAppend(absolute, forUser));
    this.#path = absolute;
    this.#forUser = forUser;
  }

  override reopen(): void {
    const problem = closeProblem(this.replace(openAppend(this.#path, this.#forUser)));
    if (problem) this.write(new Date(), 'error', 'log', `the old file may lack lines: ${problem}`);
  }

  override close(): void {
    super.close();
    // What is still said afterwards fails, rather than reaching a stranger's file that was given
    // the same descriptor.
    const problem = closeProblem(this.replace(-1));
    if (problem === undefined) return;
    const text = `${this.#path} may lack lines: ${problem}`;
    new DescriptorSink(STDERR).write(new Date(), 'error', 'log', text);
  }
}

/** Closes a descriptor. That may be when a network file system tells of writes that failed. */
function closeProblem(fd: number): string | undefined {
  try {
    closeSync(fd);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** The system log. What it does not take is counted, and told with the next line that it takes. */
export class SyslogSink implements LogSink {
  static readonly #severities: Readonly<Record<LevelName, number>> = {
    debug: syslogSeverity.debug,
    info: syslogSeverity.info,
    notice: syslogSeverity.notice,
    error: syslogSeverity.error,
    fatal: syslogSeverity.critical,
  };

  readonly #log: SystemLog;

  constructor(ident: string) {
    this.#log = new SystemLog(ident);
  }

  write(_time: Date, level: LevelName, component: string, message: string): void {
    const text = escapeUnprintable(`${component}: ${message}`);
    this.#log.write(SyslogSink.#severities[level], text);
  }

  reopen(): void {}

  close(): void {
    const loss = this.#log.tellLoss();
    if (loss !== undefined) new DescriptorSink(STDERR).write(new Date(), 'error', 'log', loss);
  }
}
