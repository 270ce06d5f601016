import { Worker } from 'node:worker_threads';
import type { ColumnSet } from '../../../records/column-set.ts';
import { syslogWorkerPath } from '../../../syslog-worker-path.ts';
import { defineOutput, type PluginContext } from '../../api.ts';
import { LogLine } from '../log-line.ts';
import { type RecordFormat, RecordOutput } from '../record-output.ts';
import { check, options, type SyslogValues } from './options.ts';
import { loadPosixSyslog } from './posix-syslog.ts';
import { SyslogThread } from './syslog-thread.ts';
import type { WorkerData } from './worker.ts';

/** The packet's log line alone: time, host and program are the log daemon's business. */
class SyslogLine implements RecordFormat {
  readonly #line: LogLine;

  constructor(columns: ColumnSet) {
    this.#line = new LogLine(columns);
  }

  room(): number {
    return LogLine.MAX_LENGTH;
  }

  write(row: number, out: DataView, at: number): number {
    return this.#line.write(row, out, at);
  }
}

/** Each SYSLOG has a thread of its own, and so a facility and an ident of its own. */
function startThread({
  syslog_ident: ident,
  syslog_facility: facility,
  syslog_level: level,
}: SyslogValues): Worker {
  const workerData: WorkerData = { ident, facility, level };
  // Of the options that Node was started with, none is meant for this thread.
  return new Worker(syslogWorkerPath, { workerData, execArgv: [] });
}

function openThread(context: PluginContext<SyslogValues>): SyslogThread {
  // What is missing shall be told now, and not by a thread that ends.
  loadPosixSyslog();
  const thread = startThread(context.options);
  return new SyslogThread({ thread, log: context.log, fail: (error) => context.fail(error) });
}

export const syslog = defineOutput({
  kind: 'output',
  name: 'SYSLOG',
  summary: "sends a line to the system's log for each packet, as the kernel's LOG target does",
  options,
  reads: LogLine.reads,
  check,
  open: (context) => new RecordOutput(new SyslogLine(context.columns), openThread(context)),
});
