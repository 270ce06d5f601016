import type { KeyRequirement } from '../api.ts';

/**
 * Declares an option that names the keys to write, in their order.
 *
 * @param otherwise the keys without it, for the help: `all that the block provides`
 * @param note what else the help has to say
 */
export const keysOption = (otherwise: string, note = '') =>
  ({
    type: 'list',
    of: { type: 'string' },
    help: `keys to write, in this order${note}; without it ${otherwise}`,
  }) as const;

/** What a plugin with that option reads, for `readsOf`: nothing in particular without it. */
export const keysNamed = (
  option: string,
  names: readonly string[] | undefined,
): readonly KeyRequirement[] => (names ?? []).map((key, item) => ({ key, option, item }));
