import type { Block } from '../document.ts';
import { blockTitle, clip, listWords, whenLine } from '../wording.ts';
import type { Catalogue } from './catalogue.ts';
import { whenOf } from './section-options.ts';
import { isNamedFilter, type Stage, stageTitle } from './stage.ts';

/** `LOGEMU needs key ip.saddr, which no plugin of block 5 provides; add "plugin BASE"` */
export function missingKeys(
  block: Block,
  stage: Stage,
  missing: readonly string[],
  catalogue: Catalogue,
): string {
  const shown = missing.slice(0, 3).map(clip).join(', ');
  const more = missing.length > 3 ? ` and ${missing.length - 3} more` : '';
  const keys = `${missing.length > 1 ? 'keys' : 'key'} ${shown}${more}`;
  const advice = adviceFor(
    missing.map((key) => catalogue.providersOf(key)),
    stage.style,
  );
  return `${stageTitle(stage)} needs ${keys}, which no plugin of ${blockTitle(block)} provides${advice}`;
}

/** `; add "plugin A" or "plugin B"` when either is enough, `and` when it takes all of them. */
function adviceFor(providers: readonly (readonly string[])[], style: Stage['style']): string {
  const line = (name: string) => (style === 'flat' ? `"plugin ${name}"` : `":${name}"`);
  const [first = [], ...others] = providers;
  const enough = first.filter((name) => others.every((names) => names.includes(name)));
  if (enough.length > 0) return `; add ${listWords(enough.map(line))}`;
  const all = new Set(providers.flatMap((names) => names.slice(0, 1)));
  return all.size === 0 ? '' : `; add ${Array.from(all, line).join(' and ')}`;
}

/** A key that a filter of the block fills, but not for the plugin that needs it. */
interface UnreachableKey {
  readonly stage: Stage;
  readonly key: string;
  readonly provider: Stage;
  /** Whether the provider is listed before the plugin. */
  readonly isPassed: boolean;
  /** A filter that the plugin's `when` names, though the key is not there behind it. */
  readonly astray: Stage | undefined;
}

/** `EXEC needs key knock.name, which KNOCK ssh provides only to plugins behind it; add "when ssh"` */
export function unreachableKey(use: UnreachableKey): string {
  const { stage, key, provider } = use;
  const title = stageTitle(stage);
  const need = `${title} needs key ${key}, which only`;
  if (provider === stage) return `${need} ${title} itself provides`;
  return `${need} plugins behind ${stageTitle(provider)} have; ${adviceToMove(use)}`;
}

function adviceToMove({ stage, provider, isPassed, astray }: UnreachableKey): string {
  const title = stageTitle(stage);
  if (stage.schema.kind === 'input') return 'inputs run before all filters';
  const names = isNamedFilter(provider) ? [provider.instance] : whenOf(provider);
  if (!isPassed) {
    const said = whenOf(stage);
    const isSaid = names.every((name) => said.includes(name));
    const condition = isSaid ? '' : ` with ${whenLine(names)}`;
    return `list ${title} after it${condition}`;
  }
  if (astray) return `${whenLine([astray.instance])} does not put ${title} there`;
  return `add ${whenLine(names)}`;
}
