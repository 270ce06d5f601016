import type { SourcePlugin } from '../plugins/api.ts';
import { providedKeys } from './column-plan.ts';
import type { StageServices, StageSpec } from './stage.ts';
import { messageOf } from './to-error.ts';

/** Asks the outputs that have to look outside which keys they read. All of them, at the same time. */
export async function surveyStages(
  source: SourcePlugin,
  specs: readonly StageSpec[],
  services: StageServices,
): Promise<readonly StageSpec[]> {
  const keys = [...providedKeys(source, specs).values()];
  const surveys = specs.map(async (spec): Promise<StageSpec> => {
    const { plugin, title, instance, options } = spec;
    if (plugin.kind !== 'output' || !plugin.survey) return spec;
    const context = { ...services.block, instance, options, log: services.log(title), keys };
    try {
      return { ...spec, surveyed: await plugin.survey(context) };
    } catch (error) {
      throw new Error(`${title}: ${messageOf(error)}`, { cause: error });
    }
  });
  const results = await Promise.allSettled(surveys);
  const failures = results.filter((result) => result.status === 'rejected');
  if (failures.length > 0) {
    throw new AggregateError(failures, failures.map(({ reason }) => messageOf(reason)).join('\n'));
  }
  return await Promise.all(surveys);
}
