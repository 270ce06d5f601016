import { accessSync, constants, statSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { getSystemErrorMap } from 'node:util';
import { type CommandProblem, splitCommandLine } from './command-line.ts';
import { parseMacros, type WordTemplate } from './macros.ts';

/** A command as the config has it, split once for all records. */
export interface Command {
  /** Program and arguments. */
  readonly words: readonly CommandWord[];
  /** Errors of spelling: quotes and macros. The words are then those that could be read. */
  readonly problems: readonly CommandProblem[];
}

export interface CommandWord {
  readonly template: WordTemplate;
  /** Where it stands in the text, quotes included: UTF-16 code units. */
  readonly offset: number;
  readonly length: number;
}

/** Reads the value of `execstr`, as written. */
export function parseCommand(text: string): Command {
  const line = splitCommandLine(text);
  const problems = [...line.problems];
  const words = line.words.map((word) => {
    const parsed = parseMacros(word);
    for (const problem of parsed.problems) problems.push(problem);
    return { template: parsed.template, offset: word.start, length: word.end - word.start };
  });
  return { words, problems };
}

/**
 * What is wrong with the program: it has to be an absolute path of an executable file, written out,
 * so that no record can choose what runs.
 */
export function checkProgram({ words }: Command): CommandProblem | undefined {
  const [word] = words;
  if (!word) return { message: 'there is no command', offset: 0, length: 0 };
  const { template, offset, length } = word;
  const macro = template.find((part) => typeof part !== 'string');
  if (macro) {
    const message = 'the program has to be written out: no record may choose what runs';
    return { message, offset: macro.offset, length: macro.length };
  }
  const message = obstacleTo(template.join(''));
  return message === undefined ? undefined : { message, offset, length };
}

/** Execute permission for the owner, the group or others. */
const ANY_MAY_EXECUTE = 0o111;

const reasons = new Map(getSystemErrorMap().values());

/** `permission denied (EACCES)` */
const reasonOf = (code: string): string => `${reasons.get(code) ?? 'error'} (${code})`;

/** Why a program cannot be executed, as far as that can be told without trying. */
function obstacleTo(path: string): string | undefined {
  if (path === '') return 'there is no command';
  if (!isAbsolute(path)) {
    const example = path.includes('/') ? '' : `, as /usr/bin/${path}: PATH is not searched for it`;
    return `the program needs its whole path${example}`;
  }
  try {
    const status = statSync(path);
    if (!status.isFile()) return `${path} is no file that could be executed`;
    if ((status.mode & ANY_MAY_EXECUTE) === 0) {
      return `${path}: ${reasonOf('EACCES')}; it has to be executable: chmod +x`;
    }
    accessSync(path, constants.X_OK);
    return undefined;
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    const advice =
      error.code === 'EACCES' ? '; the user that runs specter now may not execute it' : '';
    return `${path}: ${reasonOf(String(error.code))}${advice}`;
  }
}
