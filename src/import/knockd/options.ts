import { type DiagnosticList, shown } from '../../config-grammar/index.ts';
import { fieldsOf, isOptions, USE_SYSLOG } from './fields.ts';
import type { Section } from './ini.ts';

/** What knockd does beside its doors. */
export interface GlobalSettings {
  /** `syslog` or an absolute path; undefined: knockd logs nowhere. */
  readonly logfile: string | undefined;
  readonly pidfile: string | undefined;
  /** The interface that knockd listens on; undefined: said on its command line, or eth0. */
  readonly interface: string | undefined;
  readonly comments: readonly string[];
}

/** Reads the sections `[options]`, and `UseSyslog` wherever it stands. */
export function readOptions(
  sections: readonly Section[],
  absolute: (path: string) => string,
  diagnostics: DiagnosticList,
): GlobalSettings {
  const comments: string[] = [];
  const found = new Map<string, string>();
  for (const section of sections.filter(isOptions)) {
    const fields = fieldsOf(section, diagnostics);
    for (const text of section.comments) comments.push(text);
    for (const line of fields.unknown) comments.push(`Not known: ${line}`);
    for (const name of ['logfile', 'pidfile']) {
      const field = fields.last(name);
      if (field?.value === '') diagnostics.error(field.valueRange, `${name} needs a path`);
      else if (field) found.set(name, absolute(field.value));
    }
    const [field] = fields.all('interface');
    if (field === undefined || found.has('interface')) continue;
    if (isInterfaceName(field.value)) found.set('interface', field.value);
    else diagnostics.error(field.valueRange, `${shown(field.value)} cannot be an interface`);
  }
  const syslog = sections.flatMap(({ directives }) =>
    directives.filter(({ key }) => key === USE_SYSLOG),
  )[0];
  const file = found.get('logfile');
  if (syslog && file !== undefined) {
    const message = 'specter logs to one place: to the LogFile, not to syslog as well';
    diagnostics.warning(syslog.keyRange, message);
    comments.push(`UseSyslog is left out: ${message}.`);
  }
  return {
    logfile: file ?? (syslog && 'syslog'),
    pidfile: found.get('pidfile'),
    interface: found.get('interface'),
    comments,
  };
}

/** IFNAMSIZ is 16 with the final NUL; `*` at the end would be a wildcard for nft. */
const isInterfaceName = (name: string): boolean => /^[^\s/"*\\]{1,15}$/.test(name);
