/** A part of a text: UTF-16 code units. */
export interface Span {
  readonly offset: number;
  readonly length: number;
}

/**
 * The expression in an option's rest of the line. It may stand in quotes as a whole; then `\"` in it
 * is `"` and `\\` is `\`, as in any quoted value of the config.
 */
export class ExpressionText {
  readonly text: string;
  /** For each character of `text`, and for its end, where it stands in the rest of the line. */
  readonly #places: Uint32Array | undefined;

  constructor(rest: string) {
    const places = placesInQuotes(rest);
    this.#places = places;
    this.text = places === undefined ? rest : characters(rest, places);
  }

  /** Where a part of `text` stands in the rest of the line. */
  locate({ offset, length }: Span): Span {
    const places = this.#places;
    if (places === undefined) return { offset, length };
    const start = places[offset] ?? 0;
    return { offset: start, length: (places[offset + length] ?? start) - start };
  }
}

/** Undefined unless the quote that opens the text is closed at its very end. */
function placesInQuotes(rest: string): Uint32Array | undefined {
  if (rest[0] !== '"') return undefined;
  const places = new Uint32Array(rest.length);
  let count = 0;
  for (let at = 1; at < rest.length; at++) {
    places[count++] = at;
    if (rest[at] === '"') return at === rest.length - 1 ? places.subarray(0, count) : undefined;
    if (isEscape(rest, at)) at++;
  }
  return undefined;
}

const characters = (rest: string, places: Uint32Array): string =>
  Array.from(places.subarray(0, -1), (at) => rest[isEscape(rest, at) ? at + 1 : at]).join('');

const isEscape = (rest: string, at: number): boolean =>
  rest[at] === '\\' && (rest[at + 1] === '"' || rest[at + 1] === '\\');
