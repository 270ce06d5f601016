/** Keeps a message readable when a hostile file has a word of a megabyte. */
export const clip = (text: string): string => (text.length > 60 ? `${text.slice(0, 57)}…` : text);

/** Something from the file, in quotes. */
export const shown = (text: string): string => `"${clip(text)}"`;

/** `block 5` or `block "web"`. */
export const blockTitle = ({ name }: { readonly name: string }): string =>
  /^\d+$/.test(name) ? `block ${clip(name)}` : `block ${shown(name)}`;

/** `a, b or c`; a list of more than `most` words is cut. */
export function listWords(words: readonly string[], most = 12): string {
  if (words.length > most) return `one of ${words.slice(0, most).join(', ')}, …`;
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} or ${last}`;
}

/** A `when` line as messages show it: `"when ssh"`, `'when "two words"'`. */
export function whenLine(names: readonly string[]): string {
  const words = names.map(clip).map((name) => {
    return /^[^\s",#\\]+$/.test(name) ? name : `"${name.replace(/["\\]/g, '\\$&')}"`;
  });
  const line = `when ${words.join(' ')}`;
  return line.includes('"') ? `'${line}'` : `"${line}"`;
}
