import type { PluginLog } from '../plugins/api.ts';
import type { Logger } from './log.ts';
import type { RateLimitedCounter, RateLimiter } from './rate-limit.ts';

/** Kinds of counted events that one plugin may have; a bound on what its mistakes can cost. */
const MAX_EVENTS = 64;
/** What all events beyond that are counted as. */
const OTHERS = 'events of further kinds';

/** A plugin's log: the daemon's, plus counted events at most once a second each. */
export function pluginLog(logger: Logger, limiter: RateLimiter): PluginLog {
  const counters = new Map<string, RateLimitedCounter>();
  const counterOf = (event: string): RateLimitedCounter => {
    const known = counters.get(event);
    if (known) return known;
    if (counters.size >= MAX_EVENTS && event !== OTHERS) return counterOf(OTHERS);
    const counter = limiter.counter((count, total) =>
      logger.error(`${event}: ${count} (total ${total})`),
    );
    counters.set(event, counter);
    return counter;
  };
  return {
    debug: (message) => logger.debug(message),
    info: (message) => logger.info(message),
    notice: (message) => logger.notice(message),
    error: (message) => logger.error(message),
    counted: (event, count) => counterOf(event).add(count),
  };
}
