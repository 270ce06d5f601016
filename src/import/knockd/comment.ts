const width = 100;

/** Text as comment lines, wrapped; `indent` is the number of blanks before the `#`. */
export function comment(text: string, indent = 0): string[] {
  const start = `${' '.repeat(indent)}#`;
  const lines: string[] = [];
  let line = start;
  for (const word of text.split(/\s+/)) {
    if (line !== start && line.length + 1 + word.length > width) {
      lines.push(line);
      line = start;
    }
    line += word === '' ? '' : ` ${word}`;
  }
  return [...lines, line];
}

/** An item of a list in a comment, its further lines indented. */
export function commentItem(text: string): string[] {
  return comment(`- ${text}`).map((line, index) => (index === 0 ? line : line.replace('#', '#  ')));
}
