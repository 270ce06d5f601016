import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What can be seen of a plugin from outside. */
export interface Effects {
  /** Contents of its files, by name; names may tell the time. */
  readonly files: readonly string[];
  readonly log: readonly string[];
  /** Values that it filled, rows that it let pass. */
  readonly results: readonly string[];
  readonly counters: Readonly<Record<string, number>>;
  readonly failures: readonly string[];
}

/** The contents of all files in a folder, as one character a byte, in the order of their paths. */
export function readFiles(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const paths = files.map(({ parentPath, name }) => join(parentPath, name)).sort();
  return paths.map((path) => readFileSync(path, 'latin1'));
}

/** Where two runs differ, in words; undefined when they do not. */
export function differenceOf(wanted: Effects, got: Effects): string | undefined {
  const { files, log, results, failures } = wanted;
  return (
    listDifference('file', files, got.files) ??
    listDifference('row', results, got.results) ??
    listDifference('line of the log', log, got.log) ??
    listDifference('failure', failures, got.failures) ??
    listDifference('counter', textsOf(wanted.counters), textsOf(got.counters))
  );
}

const textsOf = (counters: Effects['counters']): string[] =>
  Object.entries(counters).map(([name, count]) => `${name} ${count}`);

function listDifference(
  what: string,
  wanted: readonly string[],
  got: readonly string[],
): string | undefined {
  const index = wanted.findIndex((text, at) => text !== got[at]);
  if (index === -1 && got.length <= wanted.length) return undefined;
  const at = index === -1 ? wanted.length : index;
  return `${what} ${at + 1} should be ${excerpts(wanted[at], got[at])}`;
}

/** Both texts from shortly before the first character in which they differ. */
function excerpts(wanted: string | undefined, got: string | undefined): string {
  let at = 0;
  while (wanted?.[at] !== undefined && wanted[at] === got?.[at]) at++;
  return `${excerpt(wanted, at)} but is ${excerpt(got, at)}`;
}

function excerpt(text: string | undefined, at: number): string {
  if (text === undefined) return 'missing';
  const start = Math.max(0, at - 20);
  const part = JSON.stringify(text.slice(start, start + 60));
  return start > 0 || text.length > 60 ? `${part} (from character ${start} on)` : part;
}
