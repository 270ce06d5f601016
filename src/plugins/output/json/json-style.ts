import { EscapeStyle } from '../../../records/escape.ts';

const ascii = Array.from({ length: 0x80 }, (_, code) => String.fromCharCode(code));
const high = Array.from({ length: 0x80 }, (_, code) => String.fromCharCode(0x80 + code));

/** What stands for a character inside a JSON string (RFC 8259, 7); DEL is escaped as well. */
const inside = (character: string): string =>
  character === '\u007f' ? '\\u007f' : JSON.stringify(character).slice(1, -1);

/**
 * The inside of a JSON string, for any bytes: what JSON can escape, a parser gives back as it was;
 * bytes that are no printable UTF-8 become the text `\xff`, as in the lines of a log. Its backslash
 * is doubled, as JSON wants it.
 */
export const jsonStyle = new EscapeStyle(
  Object.fromEntries([
    ...ascii.flatMap((character) => {
      const text = inside(character);
      return text === character ? [] : [[character, text]];
    }),
    ...high.map((byte) => [byte, `\\\\x${byte.charCodeAt(0).toString(16)}`]),
  ]),
);
