import { findTarget, type PluginTarget } from '../plugin-reference.ts';
import type { Range } from '../source-text.ts';
import { shown } from '../wording.ts';
import type { FoundPlugin, ResolveContext } from './context.ts';

/** The plugin that `written` names, or undefined after saying what is wrong with it. */
export function lookUpPlugin(
  written: string,
  range: Range,
  context: ResolveContext,
): FoundPlugin | undefined {
  const known = context.foundPlugins.get(written);
  if (known) return known;
  const target = findTarget(written, context.pluginNames);
  if (!target) {
    context.diagnostics.error(range, notAPlugin(written));
    return undefined;
  }
  const schema = context.catalogue.plugin(target);
  if (schema) {
    const found = { target, schema };
    context.foundPlugins.set(written, found);
    return found;
  }
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
