import type { Block, Statement } from '../document.ts';
import { blockKey, type ClassifiedBlocks } from './classify.ts';
import { blockTitle, type ResolveContext } from './context.ts';

/** Deeper chains of includes than anyone can follow are refused, which bounds recursion too. */
const maxDepth = 32;

interface Edge {
  readonly target: Block;
  readonly statement: Statement;
}

/** A block on the way of the depth-first search. */
interface Visit {
  readonly block: Block;
  readonly edges: readonly Edge[];
  next: number;
}

/** Which block includes which, without unknown targets, cycles and chains that are too long. */
export class IncludeGraph {
  /** Blocks with an include that had to be left out: what they seem to lack may be in it. */
  readonly broken = new Set<Block>();
  readonly #context: ResolveContext;
  readonly #edges = new Map<Block, Set<Edge>>();
  /** Longest chain of includes below a block; blocks under way have no entry yet. */
  readonly #depths = new Map<Block, number>();

  constructor(blocks: ClassifiedBlocks, context: ResolveContext) {
    this.#context = context;
    for (const block of blocks.byKey.values()) this.#edges.set(block, this.#read(block, blocks));
    for (const block of blocks.byKey.values()) {
      if (!this.#depths.has(block)) this.#search(block);
    }
  }

  /** The blocks that a block includes, in order. */
  targets(block: Block): readonly Block[] {
    return Array.from(this.#edges.get(block) ?? [], ({ target }) => target);
  }

  #read(block: Block, { byKey, global, plugins }: ClassifiedBlocks): Set<Edge> {
    const { diagnostics, suggester } = this.#context;
    const edges = new Set<Edge>();
    for (const statement of block.statements) {
      if (statement.name !== 'include') continue;
      const [value, extra] = statement.values;
      const target = value && byKey.get(blockKey(value.text));
      if (target && !extra) {
        edges.add({ target, statement });
        continue;
      }
      this.broken.add(block);
      if (!value || extra) {
        diagnostics.error(
          extra?.range ?? statement.nameRange,
          '"include" takes the name of one block',
        );
      } else if (value.text === global?.name || value.text === plugins?.name) {
        diagnostics.error(value.range, `${blockTitle({ name: value.text })} cannot be included`);
      } else {
        const message = `there is no ${blockTitle({ name: value.text })} to include`;
        const suggestion = suggester.nearest(value.text, byKey.keys());
        diagnostics.error(value.range, message, { suggestion });
      }
    }
    return edges;
  }

  /** Depth first with a stack of its own: a hostile file may chain tens of thousands of blocks. */
  #search(start: Block): void {
    const path: Visit[] = [this.#visit(start)];
    const positions = new Map([[start, 0]]);
    for (let visit = path.at(-1); visit; visit = path.at(-1)) {
      const edge = visit.edges[visit.next++];
      if (!edge) {
        this.#settle(visit);
        positions.delete(visit.block);
        path.pop();
        continue;
      }
      const position = positions.get(edge.target);
      if (position !== undefined) {
        const cycle = arrows(path, position, edge.target);
        this.#drop(visit.block, edge, `blocks include each other: ${cycle}`);
      } else if (!this.#depths.has(edge.target)) {
        positions.set(edge.target, path.length);
        path.push(this.#visit(edge.target));
      }
    }
  }

  #visit(block: Block): Visit {
    return { block, edges: [...(this.#edges.get(block) ?? [])], next: 0 };
  }

  /** Computes the depth of a block whose includes are all settled. */
  #settle({ block, edges }: Visit): void {
    let depth = 0;
    for (const edge of edges) {
      const below = 1 + (this.#depths.get(edge.target) ?? -1);
      if (below <= maxDepth) depth = Math.max(depth, below);
      else this.#drop(block, edge, `includes are nested more than ${maxDepth} deep`);
    }
    this.#depths.set(block, depth);
  }

  #drop(block: Block, edge: Edge, message: string): void {
    const { nameRange, values } = edge.statement;
    this.#context.diagnostics.error(values[0]?.range ?? nameRange, message);
    this.#edges.get(block)?.delete(edge);
    this.broken.add(block);
  }
}

/** `a → b → a`; a long way round is cut in the middle. */
function arrows(path: readonly Visit[], from: number, target: Block): string {
  const head = path.slice(from, from + 7).map(({ block }) => block.name);
  const cut = path.length - from > head.length ? ['…'] : [];
  return [...head, ...cut, target.name].join(' → ');
}
