import type { NumberColumn } from '../../../../records/column.ts';
import type { ColumnSet } from '../../../../records/column-set.ts';
import { Family } from '../../../../records/protocols/ip-protocol.ts';

/** The lowest two bits of epb_flags. */
const INBOUND = 1;
const OUTBOUND = 2;

/** NF_INET_LOCAL_OUT and NF_INET_POST_ROUTING (linux/netfilter.h); bridges have the same numbers. */
const LOCAL_OUT = 3;
const POST_ROUTING = 4;
/** NF_ARP_OUT and NF_NETDEV_EGRESS. */
const OUT_OR_EGRESS = 1;

/** Which way a packet was going where it was logged, and by which interface. */
export class Direction {
  static readonly reads = ['oob.hook', 'oob.family', 'oob.ifindex_in', 'oob.ifindex_out'] as const;

  /** epb_flags of the row that `look` was called for. */
  flags = 0;
  readonly #hook: NumberColumn;
  readonly #family: NumberColumn;
  readonly #in: NumberColumn;
  readonly #out: NumberColumn;

  constructor(columns: ColumnSet) {
    this.#hook = columns.readNumbers('oob.hook');
    this.#family = columns.readNumbers('oob.family');
    this.#in = columns.readNumbers('oob.ifindex_in');
    this.#out = columns.readNumbers('oob.ifindex_out');
  }

  /**
   * Returns the index of the interface, 0 for none. A forwarded packet has two: up to the forward
   * hook it is inbound by the first of them, behind it outbound by the second.
   */
  look(row: number): number {
    const into = this.#in.has(row) ? this.#in.get(row) : 0;
    const out = this.#out.has(row) ? this.#out.get(row) : 0;
    const leaves = this.#leaves(row);
    this.flags = leaves ? OUTBOUND : INBOUND;
    if (leaves) return out !== 0 ? out : into;
    return into !== 0 ? into : out;
  }

  #leaves(row: number): boolean {
    if (!this.#hook.has(row) || !this.#family.has(row)) return this.#out.has(row);
    const hook = this.#hook.get(row);
    const family = this.#family.get(row);
    if (family === Family.ARP || family === Family.NETDEV) return hook === OUT_OR_EGRESS;
    return hook === LOCAL_OUT || hook === POST_ROUTING;
  }
}
