import type { Batch } from '../../records/batch.ts';
import type { BytesColumn } from '../../records/column.ts';
import type { ColumnSet } from '../../records/column-set.ts';
import { type Key, key } from '../../records/key.ts';

/** The keys that every record of a block has, whatever its source. */
export const blockKeys = {
  block: key('block', 'string', "the block's name: `5`, `web`"),
  label: key('label', 'string', "the block's option `label` as written"),
  host: key('host', 'string', "this machine's name, up to the first dot"),
};

/** What they are in one block. */
export interface BlockTexts {
  readonly block: string;
  readonly label: string;
  readonly host: string;
}

/** Fills the block's own keys; a source calls it for each batch that it delivers. */
export class BlockKeys {
  readonly #constants: readonly Constant[];

  constructor(columns: ColumnSet, texts: BlockTexts) {
    const { block, label, host } = blockKeys;
    this.#constants = [
      ...constantOf(columns, block, texts.block),
      ...constantOf(columns, label, texts.label),
      ...constantOf(columns, host, texts.host),
    ];
  }

  fill(batch: Batch): void {
    const { count } = batch;
    for (const { column, length } of this.#constants) {
      column.present.fill(1, 0, count);
      column.offsets.fill(0, 0, count);
      column.lengths.fill(length, 0, count);
    }
  }
}

interface Constant {
  readonly column: BytesColumn;
  readonly length: number;
}

/** A key that nobody reads costs nothing. */
function constantOf(columns: ColumnSet, of: Key, text: string): Constant[] {
  if (!columns.isRead(of.name)) return [];
  const bytes = Buffer.from(text);
  const column = columns.bytes(of);
  column.ownData(bytes);
  return [{ column, length: bytes.length }];
}
