import { Suggester } from '../config-grammar/index.ts';
import type { Plugin } from '../plugins/api.ts';
import { loadModule, PluginLoadError } from '../plugins/load-module.ts';
import { builtins, successors } from '../plugins/registry.ts';

/**
 * The plugin that a command line names: by its name in any case, as ulogd2's configs name it, or by the
 * path of a module.
 *
 * @param others names that are no plugins but may have been meant
 * @throws PluginLoadError
 */
export async function findPlugin(name: string, others: readonly string[] = []): Promise<Plugin> {
  if (/\.m?js$/.test(name)) return await loadModule(name);
  const wanted = name.replace(/^.*specter_(\w+)\.so$/, '$1').toUpperCase();
  const found = builtins.find((plugin) => plugin.name.toUpperCase() === wanted);
  if (found) return found;
  const hint = successors[wanted];
  if (hint !== undefined) {
    throw new PluginLoadError(`there is no plugin ${name}: ${hint}; see \`specter plugins\``);
  }
  const known = [...others, ...builtins.map((plugin) => plugin.name)];
  const near = new Suggester().nearest(wanted, known);
  const advice = near === undefined ? 'see `specter plugins`' : `did you mean ${near}?`;
  throw new PluginLoadError(`there is no plugin ${name}; ${advice}`);
}
