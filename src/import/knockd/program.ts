import type { Machine } from './machine.ts';

/** Where a command of EXEC finds programs, in this order: its PATH. */
const searched = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** Where a program is, and what the user should know about that. */
export interface FoundProgram {
  readonly path: string;
  readonly note: string | undefined;
}

/** The absolute path of the program that knockd's shell would run. */
export function findProgram(name: string, machine: Machine): FoundProgram {
  if (!name.includes('/')) {
    const path = searched.map((folder) => `${folder}/${name}`).find((p) => machine.isExecutable(p));
    if (path !== undefined) return { path, note: undefined };
    const guess = `/usr/sbin/${name}`;
    return { path: guess, note: `there is no program ${name} here; taken for ${guess}` };
  }
  if (!name.startsWith('/')) {
    const path = `/${name.replace(/^(\.\/)+/, '')}`;
    return { path, note: `${name} is taken from the folder that knockd runs in as a daemon, "/"` };
  }
  const note = machine.isExecutable(name) ? undefined : `there is no program ${name} here`;
  return { path: name, note };
}
