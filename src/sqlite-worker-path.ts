/** The program made of plugins/output/database/sqlite/worker.ts, for a thread: as launcher-path.ts. */
export const sqliteWorkerPath: URL = new URL('../dist/sqlite-worker.js', import.meta.url);
