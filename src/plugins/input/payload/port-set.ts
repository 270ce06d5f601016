/** An option that lists ports. */
export const portsOption = (ports: readonly string[], help: string) =>
  ({
    type: 'list',
    of: { type: 'integer', min: 1, max: 65_535 },
    maxItems: 64,
    default: ports,
    help,
  }) as const;

/** Port numbers of an option, for a test that costs one access whatever their number. */
export class PortSet {
  readonly #member = new Uint8Array(65_536);

  constructor(ports: readonly number[]) {
    for (const port of ports) this.#member[port] = 1;
  }

  has(port: number): boolean {
    return this.#member[port] === 1;
  }
}
