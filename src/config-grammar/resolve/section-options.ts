import type { OptionSchemas } from '../options/schema.ts';
import { typedValues } from './config.ts';
import type { OptionSet } from './option-set.ts';

/** What every section can say, whatever its plugin. */
export const sectionSchemas = {
  when: {
    type: 'list',
    of: { type: 'string' },
    maxItems: 1000,
    help: 'the filters, by the words of their sections, behind which the plugin stands',
  },
} as const satisfies OptionSchemas;

const none: readonly string[] = [];

/** The names after `when`, as written; empty without. */
export function whenOf({
  sectionOptions,
}: {
  readonly sectionOptions: OptionSet | undefined;
}): readonly string[] {
  return (sectionOptions && typedValues(sectionOptions, sectionSchemas).when) ?? none;
}
