import type { SourcePlugin } from '../plugins/api.ts';
import { providedKeys } from './column-plan.ts';
import type { StageServices, StageSpec } from './stage.ts';
import { orderStages } from './stage-order.ts';
import { messageOf } from './to-error.ts';

/** Milliseconds that a plugin may take to look outside, whatever its own options allow. */
const SURVEY_TIMEOUT_MS = 30_000;

/**
 * Asks the outputs that have to look outside which keys they read. All of them, at the same time.
 *
 * @param stop aborting it ends the wait for them
 * @throws AggregateError of all that failed or did not answer in time; the reason of `stop` once that
 *   is aborted
 */
export async function surveyStages(
  source: SourcePlugin,
  specs: readonly StageSpec[],
  services: Pick<StageServices, 'block' | 'log'>,
  stop: AbortSignal,
): Promise<readonly StageSpec[]> {
  stop.throwIfAborted();
  const keys = [...providedKeys(source, orderStages(specs)).values()];
  const surveys = specs.map(async (spec): Promise<StageSpec> => {
    const { plugin, title, instance, options } = spec;
    if (plugin.kind !== 'output' || !plugin.survey) return spec;
    const context = { ...services.block, instance, options, log: services.log(title), keys };
    try {
      return { ...spec, surveyed: await answered(plugin.survey(context), stop) };
    } catch (error) {
      throw new Error(`${title}: ${messageOf(error)}`, { cause: error });
    }
  });
  return await allOf(surveys, stop);
}

/**
 * What all promises come to, once they are settled.
 *
 * @throws AggregateError of all that were rejected, with their messages; the reason of `stop` once that
 *   is aborted
 */
export async function allOf<Result>(
  promises: readonly Promise<Result>[],
  stop: AbortSignal,
): Promise<Result[]> {
  const results = await Promise.allSettled(promises);
  stop.throwIfAborted();
  const reasons = results.flatMap((result): unknown[] =>
    result.status === 'rejected' ? [result.reason] : [],
  );
  if (reasons.length > 0) throw new AggregateError(reasons, reasons.map(messageOf).join('\n'));
  return await Promise.all(promises);
}

/** What a survey finds; if it takes too long, or is stopped, what comes of it matters no more. */
async function answered<Found>(survey: Promise<Found>, stop: AbortSignal): Promise<Found> {
  let timer: NodeJS.Timeout | undefined;
  let stopped = (): void => {};
  const givenUp = new Promise<never>((_resolve, reject) => {
    const message = `no answer within ${SURVEY_TIMEOUT_MS / 1000} s`;
    timer = setTimeout(() => reject(new Error(message)), SURVEY_TIMEOUT_MS);
    stopped = () => reject(stop.reason);
    stop.addEventListener('abort', stopped);
  });
  try {
    return await Promise.race([survey, givenUp]);
  } finally {
    clearTimeout(timer);
    stop.removeEventListener('abort', stopped);
  }
}
