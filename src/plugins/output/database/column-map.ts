import type { KeyType } from '../../../records/key.ts';
import { canStore } from './can-store.ts';
import type { TableColumn } from './layout.ts';
import { ID_COLUMN } from './row-id.ts';

/** What a column is filled from. */
export type Source =
  /** The row's id. */
  | { readonly kind: 'id' }
  /** A key. */
  | { readonly kind: 'key'; readonly key: string }
  /** A point in time, from two keys. */
  | { readonly kind: 'time'; readonly key: string; readonly microseconds: string };

/** A key as far as it matters here. */
interface NamedKey {
  readonly name: string;
  readonly type: KeyType;
}

/** Columns that are called otherwise than their keys. */
const otherNames: Readonly<Record<string, string>> = {
  timestamp: 'oob.time',
};

/**
 * Finds what a column is filled from by its name: `ip_saddr` is the key `ip.saddr`.
 *
 * - `…_str` and `…_bin` are an address in the form that the column's type says: ulogd2 has keys of
 *   these names for its stock schemas.
 * - A column for points in time takes the keys `….sec` and `….usec`: `oob_time`, `flow_start`.
 * - `specter_id` is the row's id.
 */
export class ColumnMap {
  readonly #keys = new Map<string, NamedKey>();

  /** @param keys those that rows may have */
  constructor(keys: readonly NamedKey[]) {
    for (const key of keys) this.#keys.set(normal(key.name), key);
  }

  /** What fills a column; undefined if no key has its name, or its type holds nothing of the kind. */
  sourceOf(column: TableColumn): Source | undefined {
    if (column.name.toLowerCase() === ID_COLUMN) return { kind: 'id' };
    const key = this.keyOf(column);
    if (key && canStore(key.type, column)) return { kind: 'key', key: key.name };
    return column.type.kind === 'time' ? this.#timeOf(column) : undefined;
  }

  /** The key that a column is named after, whether it can be stored there or not. */
  keyOf({ name }: TableColumn): NamedKey | undefined {
    const wanted = normal(name);
    const [, base = ''] = /^(.*)\.(?:str|bin)$/.exec(wanted) ?? [];
    const address = this.#keys.get(base);
    if (address?.type === 'ip' || address?.type === 'mac') return address;
    return this.#keys.get(wanted);
  }

  #timeOf({ name }: TableColumn): Source | undefined {
    const base = otherNames[name.toLowerCase()] ?? normal(name);
    const seconds = this.#keys.get(`${base}.sec`);
    const microseconds = this.#keys.get(`${base}.usec`);
    if (!seconds) return undefined;
    const { name: key } = seconds;
    return { kind: 'time', key, microseconds: microseconds?.name ?? `${key}.usec` };
  }
}

const normal = (name: string): string => name.toLowerCase().replaceAll('_', '.');

/** The keys that a source needs. */
export function keysOf(source: Source): string[] {
  if (source.kind === 'id') return [];
  return source.kind === 'time' ? [source.key, source.microseconds] : [source.key];
}
