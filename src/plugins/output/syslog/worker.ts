/**
 * The thread that says a SYSLOG's lines. It gets {@link Lines} and answers with an {@link Answer},
 * handing the same memory back; `undefined` ends it.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { type Facility, type Level, loadPosixSyslog } from './posix-syslog.ts';
import { type Lines, sendLines } from './send-lines.ts';

export interface WorkerData {
  readonly ident: string;
  readonly facility: Facility;
  readonly level: Level;
}

/** Longest time that one line waits for a log daemon that does not read; then there is an answer. */
const SEND_TIMEOUT_MS = 100;

const port = parentPort;
if (!port) throw new Error('this program is for a thread of specter');

const { ident, facility, level }: WorkerData = workerData;
const syslog = loadPosixSyslog();
syslog.open(ident, { pid: true, ndelay: true, timeout: SEND_TIMEOUT_MS }, facility);

port.on('message', (lines: Lines | undefined) => {
  if (lines === undefined) {
    syslog.close();
    port.close();
    return;
  }
  const answer = sendLines(lines, syslog[level]);
  port.postMessage(answer, [answer.bytes.buffer, answer.ends.buffer]);
});
