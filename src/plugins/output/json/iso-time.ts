import { type Literal, literal, writeLiteral } from '../../../records/text.ts';

const two = (value: number): string => String(value).padStart(2, '0');

/** 0–999: three digits, one a byte, in the upper bytes. */
const threeDigits = Uint32Array.from({ length: 1000 }, (_, value) =>
  Buffer.from(`${String(value).padStart(3, '0')}\0`).readUInt32BE(0),
);

/** How the time of day and its distance from UTC are written. */
export type ZoneStyle = 'local' | 'utc';

/**
 * Writes times as ISO 8601 with microseconds and always with their zone: in local time as ulogd2
 * does, `2026-11-22T09:39:41.488427+0100`, or in UTC, `2026-11-22T08:39:41.488427Z`. Packets of one
 * second follow one another, so the text is kept for its second.
 */
export class IsoTime {
  /** Length of the longest text in bytes, until the year 9999. */
  static readonly MAX_LENGTH = 31;
  readonly #style: ZoneStyle;
  #second = Number.NaN;
  /** `2026-11-22T09:39:41.` */
  #date: Literal = literal('');
  #zone: Literal = literal('');

  constructor(style: ZoneStyle) {
    this.#style = style;
  }

  /**
   * @param second Unix time
   * @param microsecond only its last six digits count: nothing that a sender says breaks the form
   * @returns the position behind the text; up to three bytes behind it are overwritten
   */
  write(out: DataView, at: number, second: number, microsecond: number): number {
    if (second !== this.#second) this.#format(second);
    const next = writeLiteral(out, at, this.#date);
    const thousands = Math.floor(microsecond / 1000);
    out.setUint32(next, threeDigits[thousands % 1000] as number);
    out.setUint32(next + 3, threeDigits[microsecond % 1000] as number);
    return writeLiteral(out, next + 6, this.#zone);
  }

  #format(second: number): void {
    const time = new Date(second * 1000);
    const minutes = this.#style === 'utc' ? 0 : -time.getTimezoneOffset();
    const text = new Date((second + minutes * 60) * 1000).toISOString();
    this.#date = literal(text.replace(/\d{3}Z$/, ''));
    this.#zone = literal(this.#style === 'utc' ? 'Z' : offsetText(minutes));
    this.#second = second;
  }
}

/** `+0100`, as strftime's %z. */
function offsetText(minutes: number): string {
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}${two(size % 60)}`;
}
