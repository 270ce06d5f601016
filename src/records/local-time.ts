import { type Literal, literal, writeLiteral } from './text.ts';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * Writes a time as syslog and ctime(3) do, `Nov  2 02:05:43`, in local time. Packets of one second
 * follow one another, so the text is kept for its second.
 */
export class SyslogTime {
  /** Length of the text in bytes, always. */
  static readonly LENGTH = 15;
  #second = Number.NaN;
  #text: Literal = literal('');

  /** Writes the text of `second` (Unix time) and returns the position behind it. */
  write(out: DataView, at: number, second: number): number {
    if (second !== this.#second) this.#format(second);
    return writeLiteral(out, at, this.#text);
  }

  #format(second: number): void {
    const date = new Date(second * 1000);
    const two = (value: number) => String(value).padStart(2, '0');
    const day = String(date.getDate()).padStart(2);
    const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
    this.#text = literal(`${months[date.getMonth()]} ${day} ${time}`);
    this.#second = second;
  }
}
