import { blockOptions, globalOptions } from '../../daemon/global-options.ts';
import { capabilityNumber } from '../../libc/capabilities.ts';
import { pluginProblem } from '../../plugins/check-plugin.ts';
import { builtins } from '../../plugins/registry.ts';
import { nflog } from '../../plugins/source/nflog/index.ts';
import { type Rule, unless } from '../rule.ts';
import type { Subject } from '../subject.ts';

/** Characters that a list or table still shows well. */
const MAX_LINE = 400;

/** One line of prose as lists and tables have it. */
function lineProblems(what: string, text: string): readonly string[] {
  return [
    ...unless(!/[\n\r\t]/.test(text), `${what} has more than one line`),
    ...unless(text.trim() === text, `${what} begins or ends with blanks`),
    ...unless(!text.endsWith('.'), `${what} ends with a period`),
    ...unless(text.length <= MAX_LINE, `${what} is longer than ${MAX_LINE} characters`),
  ];
}

/** The built-in plugins but the one that is checked. */
const others = ({ plugin }: Subject) => builtins.filter((builtin) => builtin !== plugin);

export const form: Rule = {
  name: 'form',
  demand: 'is a declaration as docs/plugins.md has it, with a name in upper case and a summary',
  advice: 'compare the default export with contrib/plugin-template',
  declaration: true,
  check({ plugin }) {
    const problem = pluginProblem(plugin);
    if (problem !== undefined) return [problem];
    const unknown = plugin.capabilities?.filter((name) => capabilityNumber(name) === undefined);
    return [
      ...unless(/^[A-Z][A-Z0-9_-]*$/.test(plugin.name), `the name is "${plugin.name}"`),
      ...lineProblems('the summary', plugin.summary),
      ...(unknown ?? []).map((name) => `there is no capability ${name}`),
    ];
  },
};

export const ownName: Rule = {
  name: 'own-name',
  demand: 'has a name that no plugin of specter has',
  advice: 'give it another name: messages and statistics tell plugins apart by it',
  declaration: true,
  check(subject) {
    const { name } = subject.plugin;
    const taken = others(subject).some((other) => other.name.toUpperCase() === name.toUpperCase());
    return unless(!taken, `specter has a plugin ${name}`);
  },
};

export const keys: Rule = {
  name: 'keys',
  demand: 'declares keys with dotted names and one line of help, each once',
  advice: 'write names as `my.key`, in lower case',
  kinds: ['input', 'filter'],
  declaration: true,
  check({ own }) {
    const names = own.map(({ name }) => name);
    return own.flatMap(({ name, help }, index) => [
      ...unless(/^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$/.test(name), `a key is called "${name}"`),
      ...unless(names.indexOf(name) === index, `key ${name} is declared twice`),
      ...lineProblems(`the help of key ${name}`, help),
    ]);
  },
};

export const ownKeys: Rule = {
  name: 'own-keys',
  demand: 'provides keys that nothing else in specter provides',
  advice: 'two plugins would fill one column: put a word of your own in front',
  kinds: ['input', 'filter'],
  declaration: true,
  check(subject) {
    const providers = others(subject).filter((other) => other.kind !== 'output');
    return subject.own.flatMap(({ name }) =>
      providers
        .filter(({ provides }) => provides.some((key) => key.name === name))
        .map((provider) => `${provider.name} provides ${name}`),
    );
  },
};

export const reads: Rule = {
  name: 'reads',
  demand: 'reads keys that something provides, and names each once',
  advice: 'compare the names with `specter info`; keys of other modules take `--with MODULE`',
  declaration: true,
  check({ plugin, own, provided }) {
    if (plugin.reads === 'all') return [];
    const known = new Set([...own, ...provided].map(({ name }) => name));
    const names = plugin.reads.map(({ name }) => name);
    const ownNames = own.map(({ name }) => name);
    return plugin.reads.flatMap(({ name, for: users = [] }, index) => [
      ...unless(known.has(name), `nothing provides ${name}`),
      ...unless(names.indexOf(name) === index, `${name} is named twice`),
      ...users
        .filter((user) => !ownNames.includes(user))
        .map((user) => `${name} is read for ${user}, which is no key of the plugin`),
    ]);
  },
};

export const optionNames: Rule = {
  name: 'option-names',
  demand: "begins each option's name with its own, so that no other plugin's option is called so",
  advice: "put the plugin's name, or its first letters, in front of the option's",
  declaration: true,
  check({ plugin }) {
    const prefix = plugin.name.toLowerCase().slice(0, 3);
    return Object.keys(plugin.options)
      .filter((name) => !name.startsWith(prefix))
      .map((name) => `${name} does not begin with "${prefix}"`);
  },
};

export const freeOptions: Rule = {
  name: 'free-options',
  demand: 'has options that no other plugin, source or block of specter has by that name',
  advice: 'in a block without sections nobody could tell whose option is meant: rename it',
  declaration: true,
  check(subject) {
    const taken = new Map<string, string>();
    const take = (owner: string, names: readonly string[]): void => {
      for (const name of names) taken.set(name, owner);
    };
    for (const other of others(subject)) take(`plugin ${other.name}`, Object.keys(other.options));
    take('the source nflog', spellings(nflog.options));
    take('every block', spellings(blockOptions));
    take('the block global', spellings(globalOptions));
    return Object.keys(subject.plugin.options)
      .filter((name) => taken.has(name))
      .map((name) => `${name} is an option of ${taken.get(name)}`);
  },
};

const spellings = (options: Subject['plugin']['options']): string[] =>
  Object.entries(options).flatMap(([name, { aliases = [] }]) => [name, ...aliases]);

export const optionHelp: Rule = {
  name: 'option-help',
  demand: 'tells what each option is for in one line, the unit included',
  advice: '`specter info` and the reference print it behind the name',
  declaration: true,
  check: ({ plugin }) =>
    Object.entries(plugin.options).flatMap(([name, { help }]) =>
      lineProblems(`the help of ${name}`, help),
    ),
};
