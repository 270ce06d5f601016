import type { SurveyContext } from '../../api.ts';
import { atMost } from '../at-most.ts';
import { checkLayout, NO_IPV6 } from './check-layout.ts';
import { endInTime } from './end-in-time.ts';
import type { Session, SessionOpener } from './session.ts';

/** The common options that matter before the start. */
export interface SurveyOptions {
  /** Of the options' names: `pgsql`. */
  readonly prefix: string;
  readonly lazy: boolean;
  readonly ipv4only: boolean;
}

/** A survey has 30 s in all; with its own limit before that, `lazy` can still go on without it. */
const LIMIT_MS = 20_000;

/**
 * Asks a database which keys its table wants.
 *
 * @throws Error if it cannot be reached, unless `lazy` is set, or if columns cannot be filled: one error
 *   for all of them
 */
export async function surveyTable(
  opener: SessionOpener,
  { host, keys, log }: Pick<SurveyContext<unknown>, 'host' | 'keys' | 'log'>,
  { prefix, lazy, ipv4only }: SurveyOptions,
): Promise<readonly string[]> {
  let session: Session;
  try {
    session = await inTime(
      host.asUser(() => opener.open(() => {})),
      opener.name,
    );
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (!lazy)
      throw new Error(`${message} (${prefix}lazy would start without it)`, { cause: error });
    log.notice(`${message}; starting without it: all keys of each record are kept for it`);
    return keys.filter(({ onlyByName }) => !onlyByName).map(({ name }) => name);
  }
  const { layout } = session;
  await endInTime(session);
  const { keys: wanted, problems, leftOut } = checkLayout(layout, keys, ipv4only);
  if (problems.length > 0) {
    const lines = problems.map((problem) => `\n  ${problem}`).join('');
    const advice = adviceFor(problems, prefix);
    throw new Error(`${opener.name}: table ${layout.table} cannot be filled:${lines}${advice}`);
  }
  if (wanted.length === 0) {
    throw new Error(`${opener.name}: no column of table ${layout.table} is named after a key`);
  }
  if (leftOut.length > 0) log.info(`columns left to the database: ${leftOut.join(', ')}`);
  return wanted;
}

function adviceFor(problems: readonly string[], prefix: string): string {
  const isAboutIpv6 = problems.some((problem) => problem.endsWith(NO_IPV6));
  const ipv6 = isAboutIpv6
    ? `\n  change the type of columns for addresses, or set ${prefix}ipv4only to lose IPv6 ones`
    : '';
  return `${ipv6}\n  a column whose name begins with "_" is left to the database`;
}

/** A session that comes within the time for it; one that comes later is ended. */
async function inTime(opening: Promise<Session>, name: string): Promise<Session> {
  if (await atMost(LIMIT_MS, opening)) return await opening;
  opening.then((session) => session.destroy()).catch(() => {});
  throw new Error(`${name}: no answer within ${LIMIT_MS / 1000} s`);
}
