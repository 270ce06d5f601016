import type { KeyType } from '../../../records/key.ts';
import type { TableColumn } from './layout.ts';

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
