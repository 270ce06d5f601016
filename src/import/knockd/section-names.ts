/**
 * Names of sections, each given once. Doors of knockd may be called anything; a section's name is
 * made of letters, digits, `_`, `.` and `-`, so that `when` can be written without quotes.
 */
export class SectionNames {
  readonly #taken = new Set<string>();
  /** The number that comes next behind each name. */
  readonly #next = new Map<string, number>();

  /** `wanted` made usable, then `suffix`, and a number behind it when that is taken. */
  take(wanted: string, suffix: string): string {
    const usable = wanted.replace(/[^\w.-]+/g, '-').replace(/^[.-]+|-+$/g, '') || 'door';
    const base = `${usable}${suffix}`;
    let name = base;
    let number = this.#next.get(base) ?? 2;
    for (; this.#taken.has(name); number++) name = `${base}-${number}`;
    this.#next.set(base, number);
    this.#taken.add(name);
    return name;
  }
}
