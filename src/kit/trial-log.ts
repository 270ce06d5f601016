import type { PluginLog } from '../plugins/api.ts';

/** What a plugin has logged, line by line. */
export class TrialLog implements PluginLog {
  /** `notice: message`; events that packets cause as `counted: event: 3`. */
  readonly lines: string[] = [];

  debug(message: string): void {
    this.lines.push(`debug: ${message}`);
  }

  info(message: string): void {
    this.lines.push(`info: ${message}`);
  }

  notice(message: string): void {
    this.lines.push(`notice: ${message}`);
  }

  error(message: string): void {
    this.lines.push(`error: ${message}`);
  }

  counted(event: string, count: number): void {
    this.lines.push(`counted: ${event}: ${count}`);
  }
}
