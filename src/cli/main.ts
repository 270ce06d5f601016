import { Command, InvalidArgumentError, Option } from 'commander';
import type { SignalInbox } from '../daemon/signals.ts';
import { version } from '../version.ts';
import type { CheckFlags } from './check.ts';
import { type ImportFlags, importConfig } from './import.ts';
import { info, listPlugins } from './info.ts';
import { run, testConfig } from './run.ts';

const DEFAULT_CONFIG = '/etc/specter.conf';

interface MainOptions {
  daemon?: boolean;
  configfile: string;
  uid?: string;
  test?: boolean;
  pidfile?: string;
  loglevel?: number;
  verbose?: boolean;
}

/** Reads the command line and does what it says; resolves when the process may end. */
export async function main(argv: readonly string[], signals: SignalInbox): Promise<void> {
  const program = new Command('specter')
    .description('userspace logging and reaction daemon for Linux netfilter')
    .helpOption('-h, --help', 'print this help')
    // Arguments and options of a command stand in its own help.
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .version(`specter ${version}`, '-V, --version', 'print the version')
    .option('-d, --daemon', 'run in the background; returns when specter is ready or has failed')
    .option('-c, --configfile <file>', 'config file', DEFAULT_CONFIG)
    .option('-u, --uid <user>', 'become this user, by name or number, once everything is open')
    .option('-t, --test', 'check the config and end: exit code 0 when it is valid')
    .option('-p, --pidfile <file>', 'file to hold the process id')
    .addOption(
      new Option(
        '-l, --loglevel <level>',
        'least important messages to log, 1 (all) to 8',
      ).argParser(parseLevel),
    )
    .option('-v, --verbose', "specter's own messages to the terminal as well")
    .action(async (options: MainOptions) => {
      // At once: what a plugin left behind, such as a timer, must not keep the process.
      process.exit(
        options.test ? await testConfig(options.configfile) : await run(options, signals),
      );
    });
  program
    .command('info [plugin]')
    .description('options and keys of a plugin, of the sources and of the global block')
    .option('--json', 'as JSON')
    .action(async (plugin: string | undefined, { json }: { json?: boolean }) => {
      process.exitCode = await info(plugin, json === true);
    });
  program
    .command('plugins')
    .description('list the plugins that come with specter')
    .action(() => listPlugins());
  program
    .command('check <plugin> [option...]')
    .description('try a plugin, by name or path, in every way in which specter uses it')
    .addHelpText(
      'after',
      '\nEach option is a line of the plugin\'s section in a config: "execstr /bin/true".\n' +
        'Files go to a temporary folder, but commands run and connections are made.',
    )
    .option('-w, --with <module...>', 'modules whose keys it may read')
    .option('-r, --rule <name...>', 'rules to try; all without it')
    .action(async (plugin: string, options: string[], flags: CheckFlags) => {
      // Not loaded for the daemon, which starts without it.
      const { check } = await import('./check.ts');
      // At once: what the plugin left behind must not keep the process.
      process.exit(await check(plugin, options, flags));
    });
  program
    .command('import <file>')
    .description("print a specter.conf that does what a knockd.conf says; '-' reads stdin")
    .addOption(
      new Option('-g, --group <number>', 'netlink group for the rules to log to')
        .default(1)
        .argParser(parseGroup),
    )
    .action(async (file: string, flags: ImportFlags) => {
      process.exitCode = await importConfig(file, flags);
    });
  await program.parseAsync(argv);
}

function parseLevel(text: string): number {
  if (!/^[1-8]$/.test(text)) throw new InvalidArgumentError('must be a number from 1 to 8.');
  return Number(text);
}

function parseGroup(text: string): number {
  const group = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (group >= 0 && group <= 65535) return group;
  throw new InvalidArgumentError('must be a number from 0 to 65535.');
}
