import { ADDRESS } from './shell-command.ts';

/** Characters that mean themselves to EXEC and to the config language. */
const bare = /^[\w@%+=:,./^!{}-]+$/;

/**
 * Text that stays what it is within single quotes. EXEC sees these; to the config language, which
 * ends a line at a `#` and reads `\"` as an escape, only double quotes are quotes.
 */
const literal = /^(?:[^'"#\\]|"[^'"\\]*")*$/;

/** Words as the value of EXEC's option `execstr`; the marked address becomes the macro `%S`. */
export function execString(words: readonly string[]): string {
  const text = words.map(quoteWord).join(' ');
  // EXEC takes the quotes off a text that is one quoted string, and splits it within.
  return words.length === 1 && text.startsWith('"') ? `${text}''` : text;
}

function quoteWord(word: string): string {
  const text = word.replaceAll('%', '%%').replaceAll(ADDRESS, '%S');
  if (bare.test(text)) return text;
  if (literal.test(text)) return `'${text}'`;
  return `"${text.replace(/["\\$`]/g, '\\$&')}"`;
}
