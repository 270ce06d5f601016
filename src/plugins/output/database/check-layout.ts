import { Suggester } from '../../../config-grammar/index.ts';
import type { Key } from '../../../records/key.ts';
import { canStoreId, whyNoIds } from './can-store.ts';
import { ColumnMap, keysOf } from './column-map.ts';
import type { TableColumn, TableLayout } from './layout.ts';

/** Addresses of these keys are always IPv4 ones. */
const ipv4Keys = new Set(['arp.saddr', 'arp.daddr', 'icmp.gateway']);

/** Names that are suggested for one column. */
const MOST_NAMES = 3;

/** What there is to say about a table. */
export interface TableCheck {
  /** The keys that its columns take. */
  readonly keys: readonly string[];
  /** Columns that cannot be filled, and why. */
  readonly problems: readonly string[];
  /** Columns that nothing fills, and that have values of their own. */
  readonly leftOut: readonly string[];
}

/**
 * Looks which keys a table's columns take.
 *
 * @param keys those that the block provides
 * @param ipv4only columns of whole numbers may take addresses
 */
export function checkLayout(
  layout: TableLayout,
  keys: readonly Key[],
  ipv4only: boolean,
): TableCheck {
  const map = new ColumnMap(keys);
  const types = new Map(keys.map(({ name, type }) => [name, type]));
  const names = keys.map(({ name }) => name);
  const wanted = new Set<string>();
  const problems: string[] = [];
  const leftOut: string[] = [];
  for (const column of layout.columns) {
    const source = map.sourceOf(column);
    if (!source) {
      if (isLeftOut(column, layout)) leftOut.push(column.name);
      else problems.push(whyEmpty(column, map, names));
      continue;
    }
    if (source.kind === 'id' && !canStoreId(column)) problems.push(whyNoIds(column));
    const used = keysOf(source).filter((name) => types.has(name));
    for (const name of used) wanted.add(name);
    const mayBeIpv6 = used.some((name) => types.get(name) === 'ip' && !ipv4Keys.has(name));
    if (column.type.kind === 'integer' && mayBeIpv6 && !ipv4only) {
      problems.push(`${shown(column)}${NO_IPV6}`);
    }
  }
  return { keys: [...wanted], problems, leftOut };
}

/** Names of the columns that rows with these keys do not fill, and that have no values of their own. */
export function emptyColumns(layout: TableLayout, keys: readonly Key[]): readonly string[] {
  const map = new ColumnMap(keys);
  return layout.columns
    .filter((column) => !map.sourceOf(column) && !isLeftOut(column, layout))
    .map(({ name }) => name);
}

/** How the problem ends of a column that `ipv4only` would let be filled. */
export const NO_IPV6 = ': it holds IPv4 addresses, but no IPv6 ones';

/** Whether a column that nothing fills is the database's business. */
const isLeftOut = ({ hasDefault }: TableColumn, { positional }: TableLayout): boolean =>
  hasDefault && !positional;

function whyEmpty(column: TableColumn, map: ColumnMap, names: readonly string[]): string {
  const key = map.keyOf(column);
  if (key) return `${shown(column)}: it cannot hold the key ${key.name}, of type ${key.type}`;
  const name = column.name.replaceAll('_', '.');
  const near = nearNames(name, names).map((each) => each.replaceAll('.', '_'));
  const hint = near.length === 0 ? '' : `; did you mean ${near.join(' or ')}?`;
  return `${shown(column)}: no plugin of the block provides the key ${name}${hint}`;
}

/** The keys of which it is the last or the first part, and else the one that differs least. */
function nearNames(name: string, names: readonly string[]): readonly string[] {
  const longer = names.filter((each) => each.endsWith(`.${name}`) || each.startsWith(`${name}.`));
  if (longer.length > 0) return longer.slice(0, MOST_NAMES);
  const nearest = new Suggester().nearest(name, names);
  return nearest === undefined ? [] : [nearest];
}

const shown = ({ name, sqlType }: TableColumn): string => `column ${name} (${sqlType})`;
