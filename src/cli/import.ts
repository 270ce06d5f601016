import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { formatDiagnostics } from '../config-grammar/index.ts';
import { messageOf } from '../daemon/to-error.ts';
import { importKnockd, type Machine } from '../import/knockd/index.ts';

export interface ImportFlags {
  /** The netlink group that the rules shall log to. */
  readonly group: number;
}

/**
 * `specter import FILE`: prints a specter.conf that does what a knockd.conf says, and on stderr what
 * is wrong or worth knowing. `-` reads the standard input. Returns the exit code.
 */
export async function importConfig(file: string, { group }: ImportFlags): Promise<number> {
  let input: Uint8Array;
  try {
    input = file === '-' ? await buffer(process.stdin) : readFileSync(file);
  } catch (error) {
    process.stderr.write(`${file}: error: ${messageOf(error)}\n`);
    return 1;
  }
  const name = file === '-' ? '<stdin>' : file;
  const line = lineOfUlogd(Buffer.from(input).toString('latin1'));
  if (line !== undefined) {
    process.stderr.write(
      `${name}:${line}:1: error: this is an ulogd.conf, and import reads knockd.conf; how a stack becomes a block: docs/migrating.md\n`,
    );
    return 1;
  }
  const { config, diagnostics, suppressed, source } = importKnockd(input, name, {
    group,
    machine: thisMachine,
  });
  const color = process.stderr.isTTY;
  process.stderr.write(formatDiagnostics(diagnostics, source, { color, suppressed }));
  if (config === undefined) return 1;
  process.stdout.write(config);
  return 0;
}

/** Number of the first line that only a config of ulogd2 has, if there is one. */
function lineOfUlogd(text: string): number | undefined {
  const at = text.search(/^[ \t]*(?:stack[ \t]*=|plugin[ \t]*=.*ulogd)/m);
  return at === -1 ? undefined : text.slice(0, at).split('\n').length;
}

const thisMachine: Machine = {
  folder: process.cwd(),
  isExecutable(path) {
    try {
      accessSync(path, constants.X_OK);
      return statSync(path).isFile();
    } catch {
      return false;
    }
  },
  readText(path) {
    try {
      // A device or a pipe might never end.
      return statSync(path).isFile() ? readFileSync(path, 'latin1') : undefined;
    } catch {
      return undefined;
    }
  },
};
