import { formatDiagnostics } from '../../../../src/config-grammar/index.ts';
import { importKnockd, type Machine } from '../../../../src/import/knockd/index.ts';

/** A machine with these programs and files, of which the others know nothing. */
export function machine(
  programs: readonly string[] = ['/usr/sbin/nft', '/bin/sh', '/usr/bin/logger'],
  files: Readonly<Record<string, string>> = {},
): Machine {
  return {
    folder: '/etc',
    isExecutable: (path) => programs.includes(path),
    readText: (path) => files[path],
  };
}

/** What the import of a text gives; messages as the command line prints them. */
export function imported(
  text: string,
  on: Machine = machine(),
  group = 1,
): { config: string | undefined; messages: string } {
  const { config, diagnostics, source } = importKnockd(text, 'knockd.conf', { group, machine: on });
  return { config, messages: formatDiagnostics(diagnostics, source) };
}

/** The messages without the lines that they show. */
export const headlines = (messages: string): string[] =>
  messages.split('\n').filter((line) => line.startsWith('knockd.conf:'));

/** The lines of the config from the first that is `start` to the next empty one. */
export function paragraph(config: string | undefined, start: string): string[] {
  const lines = (config ?? '').split('\n').map((line) => line.trim());
  const from = lines.indexOf(start);
  if (from === -1) throw new Error(`there is no line ${start} in\n${config}`);
  const end = lines.findIndex((line, index) => index > from && (line === '' || line === '}'));
  return lines.slice(from, end);
}
