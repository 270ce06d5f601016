import { expect, test } from 'vitest';
import {
  formatDiagnostics,
  parseConfig,
  resolveConfig,
} from '../../../../../src/config-grammar/index.ts';
import { PluginCatalogue } from '../../../../../src/daemon/catalogue.ts';

/** The options that SYSLOG gets of these lines, or the errors. */
function optionsOf(lines: string): unknown {
  const text = `5 {\nplugin BASE\nplugin SYSLOG\n${lines}\n}\n`;
  const { document, diagnostics: syntax } = parseConfig(text, 'test.conf');
  const { config, diagnostics } = resolveConfig(document, new PluginCatalogue());
  const problems = formatDiagnostics([...syntax, ...diagnostics], document.source);
  return config?.blocks[0]?.plugins.at(-1)?.options.values ?? problems;
}

const defaults = { syslog_facility: 'kern', syslog_level: 'notice', syslog_ident: 'specter' };

test('the defaults are those of ulogd2', () => {
  expect(optionsOf('')).toEqual(defaults);
});

test.each([
  ['kernel', 'kern'],
  ['LOG_KERN', 'kern'],
  ['deamon', 'daemon'],
  ['daemon', 'daemon'],
  ['LOG_DAEMON', 'daemon'],
  ['security', 'auth'],
  ['AUTHPRIV', 'authpriv'],
  ['local7', 'local7'],
  ['log_local0', 'local0'],
])('facility %s is %s', (word, facility) => {
  expect(optionsOf(`syslog_facility ${word}`)).toEqual({ ...defaults, syslog_facility: facility });
  expect(optionsOf(`facility ${word}`)).toEqual({ ...defaults, syslog_facility: facility });
});

test.each([
  ['error', 'err'],
  ['LOG_ERR', 'err'],
  ['panic', 'emerg'],
  ['warn', 'warning'],
  ['Info', 'info'],
  ['LOG_DEBUG', 'debug'],
])('level %s is %s', (word, level) => {
  expect(optionsOf(`syslog_level ${word}`)).toEqual({ ...defaults, syslog_level: level });
  expect(optionsOf(`level ${word}`)).toEqual({ ...defaults, syslog_level: level });
});

test('what does not exist is an error that says what does', () => {
  expect(optionsOf('syslog_facility local8')).toContain(
    'test.conf:4:17: error: option "syslog_facility" takes one of kern, user, mail, daemon, auth, syslog,',
  );
  expect(optionsOf('syslog_level high')).toContain(
    'test.conf:4:14: error: option "syslog_level" takes emerg, alert, crit,',
  );
});
