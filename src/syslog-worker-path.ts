/** The program made of plugins/output/syslog/worker.ts, for a thread: as launcher-path.ts. */
export const syslogWorkerPath: URL = new URL('../dist/syslog-worker.js', import.meta.url);
