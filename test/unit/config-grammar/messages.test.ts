import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { report } from './catalogue.ts';

/**
 * Each file in golden/ is a config text, a line `=== expected`, and all that is reported about it.
 * UPDATE_GOLDEN=1 writes the reports anew; read the difference before keeping it.
 */
const folder = fileURLToPath(new URL('golden/', import.meta.url));
const separator = '=== expected\n';

for (const file of readdirSync(folder).sort()) {
  it(`reports ${file.replace(/\.txt$/, '').replaceAll('-', ' ')}`, () => {
    const path = `${folder}${file}`;
    const [text = '', expected] = readFileSync(path, 'utf8').split(separator);
    const actual = report(text);
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(path, text + separator + actual);
    else expect(actual).toBe(expected);
  });
}
