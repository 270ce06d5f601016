import type { Span } from './expression-text.ts';

/** What a text in quotes stands for, and its escapes that mean nothing. */
export interface QuotedText {
  readonly bytes: Uint8Array;
  readonly unknownEscapes: readonly Span[];
}

const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  '\\': '\\',
  '"': '"',
  "'": "'",
};

/**
 * Reads a text with its quotes, `"…"` or `'…'`: `\xNN` is the byte of that number, `\n`, `\r`, `\t`,
 * `\\`, `\"` and `\'` are what they are in C; everything else is itself, in UTF-8.
 */
export function readQuoted(image: string): QuotedText {
  const parts: Buffer[] = [];
  const unknownEscapes: Span[] = [];
  const body = image.slice(1, -1);
  for (const { 0: part, 1: byte, index } of body.matchAll(/\\x([0-9a-f]{2})|\\[\s\S]|[^\\]+/gi)) {
    if (byte !== undefined) {
      parts.push(Buffer.from(byte, 'hex'));
    } else if (part.startsWith('\\')) {
      const character = escapes[part.slice(1)];
      if (character === undefined) unknownEscapes.push({ offset: index + 1, length: part.length });
      else parts.push(Buffer.from(character));
    } else {
      parts.push(Buffer.from(part));
    }
  }
  return { bytes: Buffer.concat(parts), unknownEscapes };
}
