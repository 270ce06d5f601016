import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { renderReference } from '../../../docs/render.ts';
import { allInfo } from '../../../src/cli/info.ts';

const file = new URL('../../../docs/reference.md', import.meta.url);

test('docs/reference.md is what `npm run docs` makes of the declarations', () => {
  expect(readFileSync(file, 'utf8')).toBe(renderReference(allInfo));
});

test('options: aliases, defaults and bars in help texts', () => {
  const text = renderReference([
    {
      name: 'THING',
      kind: 'output',
      summary: 'does things',
      options: [
        { name: 'a', type: 'flag', default: 'no', required: false, aliases: ['b'], help: 'x | y' },
        { name: 'c', type: 'path', required: true, aliases: [], help: 'where' },
      ],
      reads: [{ name: 'ip.saddr' }, { name: 'ip.daddr', required: true }],
      readsNamed: true,
      surveys: false,
      provides: [],
    },
  ]);
  expect(text).toContain('| [THING](#thing) | output | does things  |\n');
  expect(text.slice(text.indexOf('## THING'))).toBe(`## THING

Output: does things.

### Options

| option   | takes | default  | meaning |
| -------- | ----- | -------- | ------- |
| \`a\`, \`b\` | flag  | \`no\`     | x \\| y  |
| \`c\`      | path  | required | where   |

### Keys read

Required: \`ip.daddr\`.

If there: \`ip.saddr\`.

Keys that its options name.

## All keys

| key | provided by |
| --- | ----------- |
`);
});

test('keys: type and meaning, and at the end which plugins provide them', () => {
  const options = {
    options: [],
    reads: [],
    readsNamed: false,
    surveys: false,
    summary: 'fills',
  } as const;
  const [one, two] = [
    { name: 'b.key', type: 'u8', help: 'one' },
    { name: 'a.key', type: 'ip', help: 'two', onlyByName: true },
  ] as const;
  const text = renderReference([
    { name: 'FIRST', kind: 'input', ...options, provides: [one, two] },
    { name: 'SECOND', kind: 'filter', ...options, provides: [one] },
  ]);
  expect(text.slice(text.indexOf('## FIRST'))).toBe(`## FIRST

Input: fills.

It has no options.

### Keys provided

| key     | type | meaning                               |
| ------- | ---- | ------------------------------------- |
| \`b.key\` | u8   | one                                   |
| \`a.key\` | ip   | two; left out where all keys are read |

## SECOND

Filter: fills.

It has no options.

### Keys provided

| key     | type | meaning |
| ------- | ---- | ------- |
| \`b.key\` | u8   | one     |

## All keys

| key     | provided by                        |
| ------- | ---------------------------------- |
| \`a.key\` | [FIRST](#first)                    |
| \`b.key\` | [FIRST](#first), [SECOND](#second) |
`);
});
