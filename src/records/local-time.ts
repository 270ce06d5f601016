const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * Writes a time as syslog and ctime(3) do, `Nov  2 02:05:43`, in local time. Packets of one second
 * follow one another, so the text is kept for its second.
 */
export class SyslogTime {
  /** Length of the text in bytes, always. */
  static readonly LENGTH = 15;
  #second = Number.NaN;
  readonly #text = new Uint8Array(SyslogTime.LENGTH);

  /** Writes the text of `second` (Unix time) and returns the position behind it. */
  write(out: Uint8Array, at: number, second: number): number {
    if (second !== this.#second) this.#format(second);
    const text = this.#text;
    for (let i = 0; i < SyslogTime.LENGTH; i++) out[at + i] = text[i] as number;
    return at + SyslogTime.LENGTH;
  }

  #format(second: number): void {
    const date = new Date(second * 1000);
    const two = (value: number) => String(value).padStart(2, '0');
    const day = String(date.getDate()).padStart(2);
    const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
    this.#text.set(Buffer.from(`${months[date.getMonth()]} ${day} ${time}`, 'latin1'));
    this.#second = second;
  }
}
