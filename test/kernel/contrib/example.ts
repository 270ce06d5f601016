import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Daemon, startSpecter } from '../../support/daemon.ts';
import type { Namespace } from '../../support/namespace.ts';

/** Texts to put in place of others, each of which has to be there. */
export type Replacements = Readonly<Record<string, string>>;

export const contribFile = (name: string): string =>
  fileURLToPath(new URL(`../../../contrib/${name}`, import.meta.url));

/** Loads an example's rules as its README says. */
export async function loadRules(namespace: Namespace, name: string): Promise<void> {
  await namespace.exec('nft', '-f', contribFile(name));
}

/** The text of a file in contrib, as it stands but for `replacements`. */
export async function exampleText(name: string, replacements: Replacements): Promise<string> {
  let text = await readFile(contribFile(name), 'utf8');
  for (const [from, to] of Object.entries(replacements)) {
    if (!text.includes(from)) throw new Error(`contrib/${name} has no "${from}" to replace`);
    text = text.replaceAll(from, to);
  }
  return text;
}

/**
 * Starts specter with an example's config.
 * @param replacements made in it; `/var/log` always becomes the daemon's own folder
 */
export async function startExample(
  namespace: Namespace,
  name: string,
  { args = [], replacements = {} }: { args?: readonly string[]; replacements?: Replacements } = {},
): Promise<Daemon> {
  const text = await exampleText(name, replacements);
  const config = (folder: string) => text.replaceAll('/var/log', folder);
  return await startSpecter({ namespace, config, args });
}
