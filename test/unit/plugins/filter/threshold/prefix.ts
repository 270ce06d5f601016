import { type Prefix, parsePrefix } from '../../../../../src/config-grammar/index.ts';

/** The prefix that a config means by this text. */
export function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.value;
}
