import { shown } from '../options/parsed.ts';
import { findTarget, type PluginTarget } from '../plugin-reference.ts';
import type { Range } from '../source-text.ts';
import type { PluginSchema } from './catalogue.ts';
import type { ResolveContext } from './context.ts';

/** The plugin that `written` names, or undefined after saying what is wrong with it. */
export function lookUpPlugin(
  written: string,
  range: Range,
  context: ResolveContext,
): { target: PluginTarget; schema: PluginSchema } | undefined {
  const target = findTarget(written, context.pluginNames);
  if (!target) {
    context.diagnostics.error(range, notAPlugin(written));
    return undefined;
  }
  const schema = context.catalogue.plugin(target);
  if (schema) return { target, schema };
  reportUnknown(target, range, context);
  return undefined;
}

/** What to say about text that cannot name a plugin. */
export const notAPlugin = (written: string): string =>
  `${shown(written)} names no plugin; write a name such as LOGEMU, a path to specter_NAME.so, or the path of a .js or .mjs module`;

function reportUnknown(target: PluginTarget, range: Range, context: ResolveContext): void {
  const { catalogue, diagnostics, suggester, pluginNames } = context;
  const hint = catalogue.hint?.(target.name);
  const advice = hint === undefined ? '' : `; ${hint}`;
  if (target.kind === 'module') {
    diagnostics.error(range, `the plugin ${shown(target.path)} is not loaded${advice}`);
    return;
  }
  const message = `there is no plugin ${shown(target.name)}`;
  const lower = target.name.toLowerCase();
  const source = catalogue.sourceNames().find((name) => name.toLowerCase() === lower);
  if (hint !== undefined) {
    diagnostics.error(range, `${message}${advice}`);
  } else if (source !== undefined) {
    diagnostics.error(range, `${message}, but a source: write "source ${source}"`);
  } else {
    const known = [...catalogue.pluginNames(), ...pluginNames.keys()];
    const suggestion = diagnostics.full ? undefined : suggester.nearest(target.name, known);
    diagnostics.error(range, message, { suggestion });
  }
}
