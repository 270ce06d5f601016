import {
  formatDiagnostics,
  parseConfig,
  resolveConfig,
} from '../../../../../src/config-grammar/index.ts';
import { PluginCatalogue } from '../../../../../src/daemon/catalogue.ts';

const paths = { writable: () => undefined, readable: () => undefined };

/** What `specter -t` says of a block with MATCH and `match` with this rest of the line, line 4. */
export function diagnose(rest: string): string {
  const config = `1 {\nplugin BASE\nplugin MATCH\nmatch ${rest}\nplugin OPRINT\n}\n`;
  const { document, diagnostics: syntax } = parseConfig(config, 't.conf');
  const { diagnostics } = resolveConfig(document, new PluginCatalogue(), { paths });
  return formatDiagnostics([...syntax, ...diagnostics], document.source);
}
