import { type CheckOptions, checkPlugin } from '../../../src/kit/check-plugin.ts';
import type { StagePlugin } from '../../../src/plugins/api.ts';

/** What was seen against each rule that is broken. */
export async function brokenBy(
  plugin: StagePlugin,
  options?: CheckOptions,
): Promise<Record<string, string>> {
  const { results } = await checkPlugin(plugin, options);
  const broken = results.filter(({ outcome }) => outcome === 'broken');
  return Object.fromEntries(broken.map(({ rule, notes }) => [rule, notes.join('\n')]));
}
