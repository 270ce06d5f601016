import { BytesColumn, type Column, NumberColumn, WideColumn } from './column.ts';
import type { Key, KeyType } from './key.ts';

type ColumnKind = 'number' | 'wide' | 'bytes';

const kinds: Readonly<Record<KeyType, ColumnKind>> = {
  bool: 'number',
  u8: 'number',
  u16: 'number',
  u32: 'number',
  u64: 'wide',
  ip: 'bytes',
  mac: 'bytes',
  string: 'bytes',
  bytes: 'bytes',
};

/** A key's column together with its declaration, for outputs that print whatever there is. */
export interface KeyColumn {
  readonly key: Key;
  readonly column: Column;
}

/**
 * The columns of one block: a column for each key that some plugin of the block provides **and**
 * some plugin reads. Names are resolved here once, when the block opens; rows are then read and
 * written through column objects alone.
 *
 * - A provider asks with `numbers(key)` and its siblings. For a key that nobody reads it gets a
 *   column shared by all such keys that nobody looks at, so decoders need no `if`.
 * - A reader asks with `read…(name)`. For a key that nobody provides it gets a column in which no
 *   row is ever present.
 */
export class ColumnSet {
  readonly capacity: number;
  readonly #columns = new Map<string, KeyColumn>();
  readonly #all: Column[] = [];
  readonly #discard: { number: NumberColumn; wide: WideColumn; bytes: BytesColumn };
  readonly #absent: { number: NumberColumn; wide: WideColumn; bytes: BytesColumn };

  /** @param keys the keys that are both provided and read, in the order of their providers. */
  constructor(capacity: number, keys: Iterable<Key>) {
    this.capacity = capacity;
    this.#discard = nullColumns(capacity);
    this.#absent = nullColumns(capacity);
    for (const key of keys) {
      const column = createColumn(key.type, capacity);
      this.#columns.set(key.name, { key, column });
      this.#all.push(column);
    }
  }

  /** Whether some plugin reads the key. */
  isRead(name: string): boolean {
    return this.#columns.has(name);
  }

  /** A key that is both provided and read, with its column. */
  find(name: string): KeyColumn | undefined {
    return this.#columns.get(name);
  }

  /** Every key with its column, in the order of the providers. */
  entries(): readonly KeyColumn[] {
    return [...this.#columns.values()];
  }

  /** The column to fill for a `bool`, `u8`, `u16` or `u32` key. */
  numbers(key: Key): NumberColumn {
    const column = this.#toFill(key);
    if (column instanceof NumberColumn) return column;
    throw wrongKind(key.name, 'a number');
  }

  /** The column to fill for a `u64` key. */
  wide(key: Key): WideColumn {
    const column = this.#toFill(key);
    if (column instanceof WideColumn) return column;
    throw wrongKind(key.name, 'a 64-bit number');
  }

  /** The column to fill for an `ip`, `mac`, `string` or `bytes` key. */
  bytes(key: Key): BytesColumn {
    const column = this.#toFill(key);
    if (column instanceof BytesColumn) return column;
    throw wrongKind(key.name, 'bytes');
  }

  #toFill(key: Key): Column {
    return this.#columns.get(key.name)?.column ?? this.#discard[kinds[key.type]];
  }

  readNumbers(name: string): NumberColumn {
    const column = this.#columns.get(name)?.column ?? this.#absent.number;
    if (column instanceof NumberColumn) return column;
    throw wrongKind(name, 'a number');
  }

  readWide(name: string): WideColumn {
    const column = this.#columns.get(name)?.column ?? this.#absent.wide;
    if (column instanceof WideColumn) return column;
    throw wrongKind(name, 'a 64-bit number');
  }

  readBytes(name: string): BytesColumn {
    const column = this.#columns.get(name)?.column ?? this.#absent.bytes;
    if (column instanceof BytesColumn) return column;
    throw wrongKind(name, 'bytes');
  }

  /** Forgets the first `rows` rows of every column; offsets refer to `received` from now on. */
  reset(rows: number, received: Uint8Array): void {
    for (const column of this.#all) {
      column.clear(rows);
      if (column instanceof BytesColumn) column.follow(received);
    }
  }
}

function createColumn(type: KeyType, capacity: number): Column {
  switch (kinds[type]) {
    case 'number':
      return new NumberColumn(capacity);
    case 'wide':
      return new WideColumn(capacity);
    case 'bytes':
      return new BytesColumn(capacity);
  }
}

function nullColumns(capacity: number) {
  return {
    number: new NumberColumn(capacity),
    wide: new WideColumn(capacity),
    bytes: new BytesColumn(capacity),
  };
}

/** A plugin's declaration and its code disagree: a bug in that plugin, not in a config. */
function wrongKind(name: string, wanted: string): TypeError {
  return new TypeError(`key ${name} is not ${wanted}: check the type it is declared with`);
}
