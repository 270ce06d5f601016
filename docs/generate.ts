/** Writes docs/reference.md: `npm run docs`. */
import { writeFileSync } from 'node:fs';
import { allInfo } from '../src/cli/info.ts';
import { renderReference } from './render.ts';

writeFileSync(new URL('./reference.md', import.meta.url), renderReference(allInfo));
