import type { Block, Statement } from '../document.ts';
import { blockTitle } from '../wording.ts';
import { blockKey, type ClassifiedBlocks } from './classify.ts';
import type { ResolveContext } from './context.ts';

/** Deeper chains of includes than anyone can follow are refused, which bounds recursion too. */
const maxDepth = 32;

const none: readonly Block[] = [];

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
    for (const block of blocks.byKey.values()) this.#read(block, blocks);
    for (const block of this.#edges.keys()) {
      if (!this.#depths.has(block)) this.#search(block);
    }
  }

  /** The blocks that a block includes, in order. */
  targets(block: Block): readonly Block[] {
    const edges = this.#edges.get(block);
    return edges ? Array.from(edges, ({ target }) => target) : none;
  }

  #read(block: Block, blocks: ClassifiedBlocks): void {
    for (const statement of block.statements) {
      if (statement.name !== 'include') continue;
      const target = this.#find(statement, blocks);
      const edges = this.#edges.get(block);
      if (!target) this.broken.add(block);
      else if (edges) edges.add({ target, statement });
      else this.#edges.set(block, new Set([{ target, statement }]));
    }
  }

  #find({ nameRange, values }: Statement, blocks: ClassifiedBlocks): Block | undefined {
    const { diagnostics, suggester } = this.#context;
    const { byKey, global, plugins } = blocks;
    const [value, extra] = values;
    if (!value || extra) {
      diagnostics.error(extra?.range ?? nameRange, '"include" takes the name of one block');
      return undefined;
    }
    const target = byKey.get(blockKey(value.text));
    if (target) return target;
    const title = blockTitle({ name: value.text });
    if (value.text === global?.name || value.text === plugins?.name) {
      diagnostics.error(value.range, `${title} cannot be included`);
    } else {
      const suggestion = suggester.nearest(value.text, byKey.keys());
      diagnostics.error(value.range, `there is no ${title} to include`, { suggestion });
    }
    return undefined;
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
