import type { KeyType } from '../../../records/key.ts';
import type { TableColumn } from './layout.ts';
import { ID_LENGTH } from './row-head.ts';

const numberTypes: readonly KeyType[] = ['bool', 'u8', 'u16', 'u32', 'u64'];

export const isNumber = (key: KeyType): boolean => numberTypes.includes(key);

/** Whether values of a key can be stored in a column of a type at all. */
export function canStore(key: KeyType, { type }: TableColumn): boolean {
  switch (type.kind) {
    case 'integer':
      return isNumber(key) || key === 'ip';
    case 'boolean':
      return isNumber(key) && key !== 'u64';
    case 'address':
      return key === 'ip' || key === 'string';
    case 'mac':
      return key === 'mac' || key === 'string';
    case 'binary':
      return !isNumber(key);
    case 'text':
    case 'any':
    case 'other':
      return true;
    case 'time':
    case 'uuid':
      return key === 'string';
  }
}

/** Characters of an id as text. */
const ID_DIGITS = 2 * ID_LENGTH;

/** Whether a column holds the rows' ids, just as they are: another one could not know them again. */
export function canStoreId({ type }: TableColumn): boolean {
  switch (type.kind) {
    case 'binary':
      return type.length === undefined
        ? (type.maxLength ?? ID_LENGTH) >= ID_LENGTH
        : type.length === ID_LENGTH;
    case 'text':
      return (type.maxLength ?? ID_DIGITS) >= ID_DIGITS;
    case 'uuid':
    case 'any':
      return true;
    default:
      return false;
  }
}

/** What is wrong with a column for ids that does not hold them. */
export const whyNoIds = ({ name, sqlType }: TableColumn): string =>
  `column ${name} (${sqlType}): it holds no ids, which are ${ID_LENGTH} bytes, ${ID_DIGITS} characters, or a uuid`;
