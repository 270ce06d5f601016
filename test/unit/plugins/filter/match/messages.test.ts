import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { diagnose } from './diagnose.ts';

/**
 * Each file in golden/ has expressions, one a line, then a line `=== expected`, and all that
 * `specter -t` reports about each. UPDATE_GOLDEN=1 writes the reports anew; read the difference before
 * keeping it.
 */
const folder = fileURLToPath(new URL('golden/', import.meta.url));
const separator = '=== expected\n';

for (const file of readdirSync(folder).sort()) {
  it(`reports ${file.replace(/\.txt$/, '').replaceAll('-', ' ')}`, () => {
    const path = `${folder}${file}`;
    const [text = '', expected] = readFileSync(path, 'utf8').split(separator);
    const expressions = text.split('\n').filter((line) => line !== '');
    const actual = expressions
      .map((expression) => diagnose(expression) || `match ${expression}\nno error\n`)
      .join('\n');
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(path, text + separator + actual);
    else expect(actual).toBe(expected);
  });
}
