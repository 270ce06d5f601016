import { fileURLToPath } from 'node:url';

/** The program made of launch.ts: dist/ stands beside src/, and this file is built into it. */
export const launcherPath: string = fileURLToPath(new URL('../dist/launch.js', import.meta.url));
