import { formatDuration, formatSize, type OptionSchema } from '../config-grammar/index.ts';

type ItemSchema = Extract<OptionSchema, { type: 'list' }>['of'];

/** As a config has it between quotes; no text here has any. */
const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;

/** What follows the option's name in lines that no option of this type can have. */
export function wrongValues(schema: OptionSchema): readonly string[] {
  switch (schema.type) {
    case 'flag':
      return ['perhaps', '"yes" "no"'];
    case 'string':
      return schema.rest ? [''] : ['', '"one" "two"'];
    case 'list':
      return ['', ...wrongItems(schema.of), ...tooMany(schema.of, schema.maxItems)];
    default:
      return ['', '"one" "two"', ...wrongItems(schema)];
  }
}

function wrongItems(type: ItemSchema): readonly string[] {
  switch (type.type) {
    case 'string':
      return [];
    case 'path':
      return ['""'];
    case 'integer':
      return ['many', '1.5', ...outside(type.min, type.max, String)];
    case 'size':
      return ['big', '-1', ...outside(type.min, type.max, String)];
    case 'duration':
      return ['soon', '-1s', ...outside(type.min, type.max, (ms) => `${ms}ms`)];
    case 'enum':
      return ['no-such-word'];
    case 'prefix':
      return ['300.1.2.3', '10.0.0.0/33', 'fd00::/129', 'example.org'];
  }
}

function outside(
  min: number | undefined,
  max: number | undefined,
  format: (value: number) => string,
): readonly string[] {
  return [
    ...(min === undefined ? [] : [format(min - 1)]),
    ...(max === undefined ? [] : [format(max + 1)]),
  ];
}

function tooMany(type: ItemSchema, maxItems: number | undefined): readonly string[] {
  const [item = ''] = goodItems(type);
  return maxItems === undefined
    ? []
    : [
        Array(maxItems + 1)
          .fill(item)
          .join(' '),
      ];
}

/** What follows the option's name in lines that are well-formed, however odd the value. */
export function oddValues(schema: OptionSchema): readonly string[] {
  switch (schema.type) {
    case 'flag':
      return ['yes', 'no'];
    case 'list':
      return goodItems(schema.of);
    default:
      return goodItems(schema);
  }
}

const LONG = 5000;
const oddTexts = [
  '""',
  ...['x', '%', '%{', '%{}', '..', '/', '"', '\\', '* . *', '0', '-1', '{}', 'ü€😀'].map(quoted),
  quoted('('.repeat(LONG)),
  quoted('x'.repeat(LONG)),
];

function goodItems(type: ItemSchema): readonly string[] {
  switch (type.type) {
    case 'string':
      return oddTexts;
    case 'path':
      return ['/', '/nonexistent/file', '/dev/null', quoted('a b'), quoted('x'.repeat(LONG))];
    case 'integer': {
      const { min = -Number.MAX_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = type;
      return [min, max].map(String);
    }
    case 'size': {
      const { min = 0, max = Number.MAX_SAFE_INTEGER } = type;
      return [min, max].map(formatSize);
    }
    case 'duration': {
      const { min = 0, max = 2 ** 31 - 1 } = type;
      return [min, max].map(formatDuration);
    }
    case 'enum':
      return type.values;
    case 'prefix':
      return ['0.0.0.0/0', '255.255.255.255', '::/0', '::ffff:10.0.0.1', 'fd00::/8'];
  }
}
