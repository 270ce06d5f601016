import type { Block, Section, Statement } from '../document.ts';
import { blockTitle } from '../wording.ts';
import type { ResolveContext } from './context.ts';
import type { IncludeGraph } from './include-graph.ts';

/** Something in a block, and the block whose text it is. */
export interface Sourced<T> {
  readonly item: T;
  readonly origin: Block;
}

/** A block with everything that it includes: included text first, so that its own comes last. */
export interface ExpandedBlock {
  readonly statements: readonly Sourced<Statement>[];
  readonly sections: readonly Sourced<Section>[];
  /** False when a syntax error or a bad include may have lost a part. */
  readonly complete: boolean;
}

/**
 * Statements that all includes of a file may bring in together. Including is the one operation
 * that makes a configuration larger than its text, so it is the one that needs a bound.
 */
const maxIncluded = 100_000;

/** Expands the includes of the blocks of one file. */
export class Expander {
  /** Every block that was included by one that was expanded. */
  readonly used = new Set<Block>();
  readonly #graph: IncludeGraph;
  readonly #context: ResolveContext;
  #included = 0;

  constructor(graph: IncludeGraph, context: ResolveContext) {
    this.#graph = graph;
    this.#context = context;
  }

  /** Whether the bound was reached, so that `used` is not all. */
  get exhausted(): boolean {
    return this.#included > maxIncluded;
  }

  expand(block: Block): ExpandedBlock {
    if (this.#graph.targets(block).length === 0) return this.#alone(block);
    const statements: Sourced<Statement>[] = [];
    const sections: Sourced<Section>[] = [];
    let complete = true;
    const seen = new Set<Block>();
    // A block that is included by two ways counts once, in its first place.
    const visit = (origin: Block) => {
      if (seen.has(origin)) return;
      seen.add(origin);
      if (origin !== block && !this.#count(origin, block)) {
        complete = false;
        return;
      }
      complete &&= origin.complete && !this.#graph.broken.has(origin);
      for (const target of this.#graph.targets(origin)) visit(target);
      for (const item of origin.statements) statements.push({ item, origin });
      for (const item of origin.sections) sections.push({ item, origin });
    };
    visit(block);
    return { statements, sections, complete };
  }

  #alone(block: Block): ExpandedBlock {
    return {
      statements: block.statements.map((item) => ({ item, origin: block })),
      sections: block.sections.map((item) => ({ item, origin: block })),
      complete: block.complete && !this.#graph.broken.has(block),
    };
  }

  #count(included: Block, by: Block): boolean {
    this.used.add(included);
    if (this.exhausted) return false;
    const inSections = included.sections.reduce(
      (sum, { statements }) => sum + statements.length,
      0,
    );
    this.#included += 1 + included.statements.length + included.sections.length + inSections;
    if (!this.exhausted) return true;
    this.#context.diagnostics.error(
      by.nameRange,
      `with ${blockTitle(by)}, includes bring in more than ${maxIncluded} lines in all`,
    );
    return false;
  }
}
