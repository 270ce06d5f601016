import { defineOptions, type OptionValues, type ValueProblem } from '../../api.ts';
import { FACILITIES, type Facility, LEVELS, type Level } from './posix-syslog.ts';

/** `LOG_LOCAL0` and the like, as <sys/syslog.h> has them, for words in lower case. */
const macros = <Word extends string>(words: readonly Word[]): Record<string, Word> =>
  Object.fromEntries(words.map((word) => [`log_${word}`, word]));

export const options = defineOptions({
  syslog_facility: {
    type: 'enum',
    values: FACILITIES,
    valueAliases: {
      kernel: 'kern',
      // The spelling that the documentation of old versions has.
      deamon: 'daemon',
      security: 'auth',
      ...macros<Facility>(FACILITIES),
    },
    default: 'kern',
    aliases: ['facility'],
    help: 'what part of the system the lines are of, by which the log daemon sorts them',
  },
  syslog_level: {
    type: 'enum',
    values: LEVELS,
    valueAliases: { panic: 'emerg', error: 'err', warn: 'warning', ...macros<Level>(LEVELS) },
    default: 'notice',
    aliases: ['level'],
    help: 'how important they are',
  },
  syslog_ident: {
    type: 'string',
    default: 'specter',
    help: 'program name in front of each line, where the process id follows it',
  },
});

export type SyslogValues = OptionValues<typeof options>;

/** RFC 3164 section 4.1.3: at most 32 characters; what ends the name cannot be in it. */
const IDENT = /^[^\s[\]:]{1,32}$/;
const UNPRINTABLE = /[^\x21-\x7e]/;

export function check({ syslog_ident: ident }: SyslogValues): ValueProblem[] {
  if (IDENT.test(ident) && !UNPRINTABLE.test(ident)) return [];
  const message = 'syslog_ident takes 1 to 32 printable ASCII characters, without blanks : [ ]';
  return [{ option: 'syslog_ident', message }];
}
