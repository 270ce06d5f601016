const LENGTH = '2026-01-02 03:04:05.678901'.length;
const HALF = 2 ** 32;
const DAY = 86_400;
const ZERO = 0x30;

/**
 * Points in time as SQL writes them, in UTC: `2026-01-02 03:04:05.678901`. What changes with the
 * second or the day alone is written anew only then.
 */
export class TimeText {
  readonly #text = Buffer.from('1970-01-01 00:00:00.000000');
  #second = 0;
  #day = 0;

  /**
   * Writes the first `length` of the 26 characters.
   *
   * @param high upper half of the microseconds since 1970, which are below 2⁵³: to the year 2255
   * @returns the position behind them
   */
  write(out: Uint8Array, at: number, high: number, low: number, length: number): number {
    const microseconds = high * HALF + low;
    const second = Math.floor(microseconds / 1_000_000);
    if (second !== this.#second) this.#setSecond(second);
    const text = this.#text;
    if (length > 20) digits(text, 20, 6, microseconds - second * 1_000_000);
    const most = Math.min(length, LENGTH);
    for (let i = 0; i < most; i++) out[at + i] = text[i] as number;
    return at + most;
  }

  #setSecond(second: number): void {
    this.#second = second;
    const day = Math.floor(second / DAY);
    if (day !== this.#day) this.#setDay(day);
    const rest = second - day * DAY;
    const minute = Math.floor(rest / 60);
    const hour = Math.floor(minute / 60);
    digits(this.#text, 11, 2, hour);
    digits(this.#text, 14, 2, minute - hour * 60);
    digits(this.#text, 17, 2, rest - minute * 60);
  }

  /** Gregorian date of a day since 1970. Years begin in March here: the leap day is the last. */
  #setDay(day: number): void {
    this.#day = day;
    const since = day + 719_468;
    const era = Math.floor(since / 146_097);
    const ofEra = since - era * 146_097;
    const leaps =
      Math.floor(ofEra / 1460) - Math.floor(ofEra / 36_524) + Math.floor(ofEra / 146_096);
    const yearOfEra = Math.floor((ofEra - leaps) / 365);
    const ofYear =
      ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
    const month = Math.floor((5 * ofYear + 2) / 153);
    const year = era * 400 + yearOfEra + (month < 10 ? 0 : 1);
    digits(this.#text, 0, 4, year);
    digits(this.#text, 5, 2, month < 10 ? month + 3 : month - 9);
    digits(this.#text, 8, 2, ofYear - Math.floor((153 * month + 2) / 5) + 1);
  }
}

/** Exactly `count` digits. */
function digits(out: Uint8Array, at: number, count: number, value: number): void {
  let rest = value;
  for (let i = at + count - 1; i >= at; i--) {
    const tens = Math.floor(rest / 10);
    out[i] = ZERO + rest - tens * 10;
    rest = tens;
  }
}
