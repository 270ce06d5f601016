/**
 * knockd hands its commands to /bin/sh, with the knocker's address written into them. Here they are
 * taken apart: most are plain words and need no shell. For the others the address becomes an
 * argument of the script, so that it is never part of the program.
 */

/** Stands for `%IP%` within a command. No knockd.conf that is understood has a NUL. */
export const ADDRESS = '\0';

/** `%IP%` in each place that knockd replaces, which is everywhere, quoted or not. */
export const markAddress = (command: string): string => command.replaceAll('%IP%', ADDRESS);

/** A command without anything for a shell to do but to take off quotes. */
export interface PlainCommand {
  readonly words: readonly string[];
  /** What stood behind a `#`. */
  readonly comment: string | undefined;
}

/** Characters at which a shell does something, outside of quotes. */
const active = /[|&;<>()$`*?[]/;
const blank = /[ \t]/;

/** Words that the shell itself carries out, and that are no programs or other ones. */
const shellWords = new Set(
  (
    '! { } if then else elif fi do done case esac while until for in . : alias bg break cd ' +
    'command continue eval exec exit export fg getopts hash jobs let local read readonly return ' +
    'set shift source time times trap type ulimit umask unalias unset wait'
  ).split(' '),
);

/** Takes a marked command apart as /bin/sh would; undefined when it takes a shell to run it. */
export function plainCommand(command: string): PlainCommand | undefined {
  const words: string[] = [];
  let comment: string | undefined;
  for (let at = 0; at < command.length; ) {
    if (blank.test(command.charAt(at))) {
      at++;
    } else if (command[at] === '#') {
      comment = command.slice(at + 1).trim();
      break;
    } else {
      const word = readWord(command, at);
      if (word === undefined) return undefined;
      words.push(word.text);
      at = word.end;
    }
  }
  const [program] = words;
  if (program !== undefined && !isProgram(program)) return undefined;
  return { words, comment };
}

/** Whether the first word of a command names a program, and always the same. */
const isProgram = (word: string): boolean =>
  word !== '' && !shellWords.has(word) && !word.includes(ADDRESS) && !/^[A-Za-z_]\w*=/.test(word);

function readWord(command: string, start: number): { text: string; end: number } | undefined {
  if (command[start] === '~') return undefined;
  let text = '';
  let at = start;
  while (at < command.length) {
    const char = command.charAt(at);
    if (blank.test(char)) break;
    if (active.test(char)) return undefined;
    if (char === "'" || char === '"') {
      const quoted = char === "'" ? readSingle(command, at) : readDouble(command, at);
      if (quoted === undefined) return undefined;
      text += quoted.text;
      at = quoted.end;
    } else if (char === '\\') {
      if (at + 1 === command.length) return undefined;
      text += command.charAt(at + 1);
      at += 2;
    } else {
      text += char;
      at++;
    }
  }
  // Some shells would make several words of it.
  if (/\{.*(,|\.\.).*\}/.test(command.slice(start, at))) return undefined;
  return { text, end: at };
}

function readSingle(command: string, start: number): { text: string; end: number } | undefined {
  const end = command.indexOf("'", start + 1);
  return end === -1 ? undefined : { text: command.slice(start + 1, end), end: end + 1 };
}

function readDouble(command: string, start: number): { text: string; end: number } | undefined {
  let text = '';
  for (let at = start + 1; at < command.length; at++) {
    const char = command.charAt(at);
    if (char === '"') return { text, end: at + 1 };
    if (char === '$' || char === '`') return undefined;
    const next = command.charAt(at + 1);
    if (char === '\\' && next !== '' && '$`"\\'.includes(next)) {
      text += next;
      at++;
    } else {
      text += char;
    }
  }
  return undefined;
}

/**
 * A marked command as a script that finds the address in `$1`. Where the place of a marker is
 * hard to tell, as with quotes inside of `"$(…)"`, it comes out unquoted at worst, which makes no
 * difference: addresses hold nothing that a shell minds.
 */
export function scriptOf(command: string): string {
  let script = '';
  let quote = '';
  for (let at = 0; at < command.length; at++) {
    const char = command.charAt(at);
    const next = command.charAt(at + 1);
    if (char === ADDRESS) {
      script += { '': '"$1"', '"': '$1', "'": `'"$1"'` }[quote] ?? '';
    } else if (char === '\\' && quote !== "'") {
      // An escaped address is the address; within quotes the backslash stays.
      if (next === ADDRESS) script += quote === '' ? '' : '\\\\';
      else {
        script += char + next;
        at++;
      }
    } else {
      if (char === quote) quote = '';
      else if (quote === '' && (char === '"' || char === "'")) quote = char;
      script += char;
    }
  }
  return script;
}
