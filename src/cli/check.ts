import { checkPlugin } from '../kit/check-plugin.ts';
import { formatReport } from '../kit/report.ts';
import { UnusableOptions } from '../kit/subject.ts';
import type { StagePlugin } from '../plugins/api.ts';
import { PluginLoadError } from '../plugins/load-module.ts';
import { findPlugin } from './find-plugin.ts';

export interface CheckFlags {
  /** Names or paths of the plugins whose keys it may read. */
  readonly with?: readonly string[];
  /** Names of the rules to try. Default: all. */
  readonly rule?: readonly string[];
}

/**
 * `specter check PLUGIN [OPTION…]`: tries a plugin and prints the report. Returns the exit code: 0 when
 * it keeps all rules.
 *
 * @param options lines of its section in a config
 */
export async function check(
  name: string,
  options: readonly string[],
  { with: others = [], rule: only }: CheckFlags,
): Promise<number> {
  try {
    const plugin = await findStage(name);
    const companions = await Promise.all(others.map(findStage));
    const report = await checkPlugin(plugin, { options, with: companions, ...(only && { only }) });
    process.stdout.write(formatReport(report));
    return report.passed ? 0 : 1;
  } catch (error) {
    if (!(error instanceof PluginLoadError) && !(error instanceof UnusableOptions)) throw error;
    process.stderr.write(`specter: ${error.message.trimEnd()}\n`);
    return 1;
  }
}

async function findStage(name: string): Promise<StagePlugin> {
  const plugin = await findPlugin(name);
  if (plugin.kind !== 'source') return plugin;
  throw new PluginLoadError(
    `${plugin.name} is a source; inputs, filters and outputs can be checked`,
  );
}
