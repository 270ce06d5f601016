import { listWords } from '../wording.ts';
import { formatDuration, formatSize } from './number.ts';
import type { ItemType, OptionSchema } from './schema.ts';

/** What an option takes, for `info` and the manual: `integer from 0 to 65535`. */
export function describeType(schema: OptionSchema): string {
  switch (schema.type) {
    case 'flag':
      return 'flag';
    case 'list':
      return `list of ${describeItem(schema.of)}`;
    case 'string':
      return schema.rest ? 'rest of the line' : 'string';
    default:
      return describeItem(schema);
  }
}

/** The default as written in a config; undefined where there is none. Flags are off by default. */
export function describeDefault(schema: OptionSchema): string | undefined {
  if (schema.type === 'flag') return schema.default ? 'yes' : 'no';
  if (schema.type === 'list') return schema.default?.join(',');
  return schema.default === undefined ? undefined : String(schema.default);
}

function describeItem(type: ItemType): string {
  switch (type.type) {
    case 'integer':
      return `integer${describeRange(type.min, type.max, String)}`;
    case 'size':
      return `size${describeRange(type.min, type.max, formatSize)}`;
    case 'duration':
      return `duration${describeRange(type.min, type.max, formatDuration)}; bare numbers in ${type.unit ?? 's'}`;
    case 'enum':
      return listWords(type.values, Number.POSITIVE_INFINITY);
    case 'path':
      return type.words ? `path, or ${listWords(type.words)}` : 'path';
    case 'prefix':
      return 'address or prefix';
    case 'string':
      return 'string';
  }
}

function describeRange(
  min: number | undefined,
  max: number | undefined,
  format: (value: number) => string,
): string {
  if (min !== undefined && max !== undefined) return ` from ${format(min)} to ${format(max)}`;
  if (min !== undefined) return ` of at least ${format(min)}`;
  return max === undefined ? '' : ` up to ${format(max)}`;
}
