import { shown } from '../wording.ts';
import { bad, good, type Parsed } from './parsed.ts';
import type { DurationOption, DurationUnit, IntegerOption, SizeOption } from './schema.ts';

const integerPattern = /^[+-]?(?:\d+|0x[0-9a-f]+)$/i;
const sizePattern = /^(\d+|0x[0-9a-f]+)\s*([kmg]?)(?:i?b)?$/i;
const durationPattern = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?$/i;

const sizeFactors: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

const milliseconds: Readonly<Record<DurationUnit, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** The longest delay that setTimeout takes: above it, Node fires at once. */
const longestTimer = 2 ** 31 - 1;

export function parseInteger(
  text: string,
  {
    min = -Number.MAX_SAFE_INTEGER,
    max = Number.MAX_SAFE_INTEGER,
  }: Pick<IntegerOption, 'min' | 'max'>,
): Parsed<number> {
  if (!integerPattern.test(text)) return bad(`takes an integer, not ${shown(text)}`);
  const negative = text.startsWith('-');
  const magnitude = Number(text.replace(/^[+-]/, ''));
  const value = negative && magnitude !== 0 ? -magnitude : magnitude;
  return inRange(value, min, max, text, String);
}

/** Bytes. */
export function parseSize(
  text: string,
  { min = 0, max = Number.MAX_SAFE_INTEGER }: Pick<SizeOption, 'min' | 'max'>,
): Parsed<number> {
  const match = sizePattern.exec(text);
  if (!match) return bad(`takes a size such as 65536, 64K or 2M, not ${shown(text)}`);
  const factor = sizeFactors[(match[2] ?? '').toLowerCase()] ?? 1;
  return inRange(Number(match[1]) * factor, min, max, text, formatSize);
}

/** Milliseconds. */
export function parseDuration(
  text: string,
  { unit = 's', min = 0, max = longestTimer }: Pick<DurationOption, 'unit' | 'min' | 'max'>,
): Parsed<number> {
  const match = durationPattern.exec(text);
  if (!match) return bad(`takes a duration such as 500ms, 30s, 5m or 1h, not ${shown(text)}`);
  const written = match[2]?.toLowerCase();
  const factor = milliseconds[isUnit(written) ? written : unit];
  return inRange(Math.round(Number(match[1]) * factor), min, max, text, formatDuration);
}

/**
 * Reads a duration that is a word of another option's value; a bare number is seconds. Gives
 * milliseconds from 0 to 2^31 − 1, the longest that a timer takes.
 */
export const readDuration = (text: string): Parsed<number> => parseDuration(text, {});

/** `64K`, `2M`, `100`: the shortest exact way to write a number of bytes. */
export function formatSize(bytes: number): string {
  for (const [suffix, factor] of Object.entries(sizeFactors).reverse()) {
    if (bytes !== 0 && bytes % factor === 0) return `${bytes / factor}${suffix.toUpperCase()}`;
  }
  return String(bytes);
}

/** `30s`, `5m`, `1500ms`: the shortest exact way to write milliseconds; `0s` for zero. */
export function formatDuration(value: number): string {
  for (const [unit, factor] of Object.entries(milliseconds).reverse()) {
    if (value !== 0 && value % factor === 0) return `${value / factor}${unit}`;
  }
  return `${value}s`;
}

function isUnit(text: string | undefined): text is DurationUnit {
  return text !== undefined && Object.hasOwn(milliseconds, text);
}

function inRange(
  value: number,
  min: number,
  max: number,
  text: string,
  format: (value: number) => string,
): Parsed<number> {
  if (value >= min && value <= max) return good(value);
  const bounded = max < Number.MAX_SAFE_INTEGER;
  const range = bounded ? `from ${format(min)} to ${format(max)}` : `of at least ${format(min)}`;
  return bad(`takes a value ${range}, not ${shown(text)}`);
}
