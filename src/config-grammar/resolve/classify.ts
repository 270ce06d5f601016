import type { Block, ConfigDocument } from '../document.ts';
import { blockTitle, clip } from '../wording.ts';
import type { ResolveContext } from './context.ts';

/** The blocks of a file by what they are for. */
export interface ClassifiedBlocks {
  readonly global: Block | undefined;
  readonly plugins: Block | undefined;
  /** Blocks that are fed: numbered ones, and named ones with a `source` or `group`. */
  readonly live: readonly Block[];
  readonly templates: readonly Block[];
  /** Live blocks and templates by `blockKey`. */
  readonly byKey: ReadonlyMap<string, Block>;
}

/** The highest group that nfnetlink_log has: its number is 16 bits wide in nfgenmsg. */
const maxGroup = 65535;

export const isNumbered = ({ name }: Pick<Block, 'name'>): boolean => /^\d+$/.test(name);

/** `5` and `05` are the same block. */
export const blockKey = (name: string): string =>
  /^\d+$/.test(name) ? name.replace(/^0+(?=\d)/, '') : name;

/** Sorts the blocks, reporting repeated names and impossible groups; those are left out. */
export function classifyBlocks(
  document: ConfigDocument,
  context: ResolveContext,
): ClassifiedBlocks {
  const byKey = new Map<string, Block>();
  for (const block of document.blocks) {
    const { name, nameRange } = block;
    const first = byKey.get(blockKey(name));
    if (first) {
      context.diagnostics.error(nameRange, `${blockTitle(block)} is defined twice`, {
        related: { message: 'first defined here', range: first.nameRange },
      });
    } else if (isNumbered(block) && Number(name) > maxGroup) {
      context.diagnostics.error(
        nameRange,
        `${clip(name)} is no netlink group; groups go from 0 to ${maxGroup}`,
      );
    } else {
      byKey.set(blockKey(name), block);
    }
  }
  const global = byKey.get('global');
  const plugins = byKey.get('plugins');
  byKey.delete('global');
  byKey.delete('plugins');
  const live: Block[] = [];
  const templates: Block[] = [];
  for (const block of byKey.values()) (isLive(block) ? live : templates).push(block);
  return { global, plugins, live, templates, byKey };
}

function isLive(block: Block): boolean {
  return (
    isNumbered(block) || block.statements.some(({ name }) => name === 'source' || name === 'group')
  );
}
