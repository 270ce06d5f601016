import { parseSequence } from './sequence.ts';

/** Files of one-time sequences are short; anything longer is the wrong file. */
export const MAX_FILE_SIZE = 1 << 20;

/** A sequence that has not been used. */
export interface SequenceLine {
  /** From 1. */
  readonly number: number;
  /** Where the line starts, in bytes. */
  readonly offset: number;
  /** The line without its end, a character a byte (Latin-1). */
  readonly text: string;
  /** Step codes, 1–32. */
  readonly steps: readonly number[];
}

export interface ParsedSequenceFile {
  readonly lines: readonly SequenceLine[];
  readonly problems: readonly LineProblem[];
}

export interface LineProblem {
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

/**
 * Reads a file of one-time sequences: one a line, in the syntax of the option `knocksequence`. Empty
 * lines and those that start with `#`, comments or used sequences, are skipped.
 */
export function parseSequenceFile(content: Buffer): ParsedSequenceFile {
  const lines: SequenceLine[] = [];
  const problems: LineProblem[] = [];
  let offset = 0;
  // Latin-1, so that offsets of characters are those of bytes.
  for (const [index, text] of content.toString('latin1').split('\n').entries()) {
    const start = offset;
    offset += text.length + 1;
    const trimmed = text.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const number = index + 1;
    const parsed = parseSequence(text);
    for (const { message } of parsed.problems) problems.push({ line: number, message });
    const steps = parsed.steps.map(({ code }) => code);
    lines.push({ number, offset: start, text, steps });
  }
  return { lines, problems };
}
