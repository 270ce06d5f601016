import { type Literal, literal, writeLiteral } from './text.ts';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * Writes times in a form that is the same for a whole second. Packets of one second follow one
 * another, so the text is kept for its second.
 */
export class SecondText {
  readonly #format: (time: Date) => string;
  #second = Number.NaN;
  #text: Literal = literal('');

  /** @param format the text of a time, of which only whole seconds and the local zone count */
  constructor(format: (time: Date) => string) {
    this.#format = format;
  }

  /** Writes the text of `second` (Unix time) and returns the position behind it. */
  write(out: DataView, at: number, second: number): number {
    if (second !== this.#second) {
      this.#text = literal(this.#format(new Date(second * 1000)));
      this.#second = second;
    }
    return writeLiteral(out, at, this.#text);
  }
}

/** Writes a time as syslog and ctime(3) do, `Nov  2 02:05:43`, in local time. */
export class SyslogTime extends SecondText {
  /** Length of the text in bytes, always. */
  static readonly LENGTH = 15;

  constructor() {
    super((time) => {
      const day = String(time.getDate()).padStart(2);
      return `${months[time.getMonth()]} ${day} ${timeOfDay(time)}`;
    });
  }
}

/** Writes a time as ulogd2's GPRINT does, `2026/11/02-02:05:43`, in local time. */
export class SlashedTime extends SecondText {
  /** Length of the text in bytes, always: times have 32 bits. */
  static readonly LENGTH = 19;

  constructor() {
    super((time) => {
      const date = `${time.getFullYear()}/${twoDigits(time.getMonth() + 1)}/${twoDigits(time.getDate())}`;
      return `${date}-${timeOfDay(time)}`;
    });
  }
}

/** `02:05:43`, local time. */
const timeOfDay = (time: Date): string =>
  [time.getHours(), time.getMinutes(), time.getSeconds()].map(twoDigits).join(':');

/** A number below 100 with a leading zero if need be. */
export const twoDigits = (value: number): string => String(value).padStart(2, '0');
