import type { KeyType } from '../../../records/key.ts';
import { BinaryBuilder, IdBuilder, MappedAddressBuilder, NullBuilder } from './bytes-builders.ts';
import { canStore, canStoreId, isNumber, whyNoIds } from './can-store.ts';
import type { CellBuilder } from './cells.ts';
import type { Source } from './column-map.ts';
import {
  AddressNumberBuilder,
  BooleanBuilder,
  NumberBuilder,
  TimeBuilder,
} from './integer-builders.ts';
import type { TableColumn } from './layout.ts';
import type { RowField } from './row-head.ts';
import { MacTextBuilder, TextBuilder } from './text-builder.ts';

const MAC_LENGTH = 6;
const unlimited = { least: 0, most: Number.POSITIVE_INFINITY, isCut: false };

/**
 * The builder for a column and what it is filled from, of rows with these fields.
 *
 * @throws Error if the column is for ids and holds none: the rows can wait until it does
 */
export function builderFor(
  column: TableColumn,
  source: Source | undefined,
  fields: readonly RowField[],
): CellBuilder {
  if (source?.kind === 'id') {
    if (!canStoreId(column)) throw new Error(whyNoIds(column));
    return new IdBuilder(column);
  }
  const place = (name: string): number | undefined => {
    const found = fields.findIndex((field) => field.name === name);
    return found === -1 ? undefined : found;
  };
  const field = source && place(source.key);
  if (field === undefined) return new NullBuilder(column);
  if (source?.kind === 'time') {
    return new TimeBuilder(column, field, place(source.microseconds));
  }
  const type = fields[field]?.type ?? 'bytes';
  return canStore(type, column) ? valueBuilder(column, field, type) : new NullBuilder(column);
}

function valueBuilder(column: TableColumn, field: number, key: KeyType): CellBuilder {
  const { type } = column;
  switch (type.kind) {
    case 'integer':
      return key === 'ip'
        ? new AddressNumberBuilder(column, field, type.max)
        : new NumberBuilder(column, 'integer', field, type.max);
    case 'boolean':
      return new BooleanBuilder(column, field);
    case 'address':
      return key === 'ip'
        ? new BinaryBuilder(column, 'address', field, unlimited)
        : new TextBuilder(column, field, key, {});
    case 'mac': {
      if (key === 'string') return new MacTextBuilder(column, field);
      const lengths = { least: MAC_LENGTH, most: MAC_LENGTH, isCut: false };
      return new BinaryBuilder(column, 'mac', field, lengths);
    }
    case 'binary': {
      if (key === 'ip' && type.length === 16) return new MappedAddressBuilder(column, field);
      const most = type.length ?? type.maxLength ?? Number.POSITIVE_INFINITY;
      const isCut = key === 'string' || key === 'bytes';
      return new BinaryBuilder(column, 'binary', field, { least: 0, most, isCut });
    }
    case 'text':
      return new TextBuilder(column, field, key, type);
    case 'any':
      if (isNumber(key)) return new NumberBuilder(column, 'integer', field, 2n ** 63n - 1n);
      return key === 'bytes'
        ? new BinaryBuilder(column, 'binary', field, unlimited)
        : new TextBuilder(column, field, key, {});
    case 'time':
    case 'uuid':
    case 'other':
      return new TextBuilder(column, field, key, {});
  }
}
