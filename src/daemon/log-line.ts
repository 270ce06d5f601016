/** Names of the levels in use; the numbers are those of the `loglevel` option. */
export const logLevels = { debug: 1, info: 3, notice: 5, error: 7, fatal: 8 } as const;

export type LevelName = keyof typeof logLevels;

/**
 * What a terminal or a line-oriented reader would act upon instead of showing it: C0 and C1 control
 * characters, the Unicode line separators, and the characters that reverse the writing direction.
 */
const UNPRINTABLE = /[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

const SHORT_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * One line of the daemon's own log, with its newline:
 * `2026-11-22T02:14:57.123+01:00 error NFLOG: message`.
 */
export function formatLogLine(
  time: Date,
  level: LevelName,
  component: string,
  message: string,
): string {
  return `${localIsoTime(time)} ${level} ${escapeUnprintable(`${component}: ${message}`)}\n`;
}

/** Text as one line that shows its control characters: `\n`, `\x1b`, `\u202e`. */
export function escapeUnprintable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    const code = character.charCodeAt(0);
    return (
      SHORT_ESCAPES[character] ??
      (code <= 0xff
        ? `\\x${code.toString(16).padStart(2, '0')}`
        : `\\u${code.toString(16).padStart(4, '0')}`)
    );
  });
}

/** ISO 8601 in the local zone with milliseconds: `2026-11-22T02:14:57.123+01:00`. */
export function localIsoTime(time: Date): string {
  const offset = -time.getTimezoneOffset();
  const shifted = new Date(time.getTime() + offset * 60_000);
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
  const zone = `${offset < 0 ? '-' : '+'}${twoDigits(hours)}:${twoDigits(minutes)}`;
  return `${shifted.toISOString().slice(0, -1)}${zone}`;
}

const twoDigits = (value: number): string => String(value).padStart(2, '0');
