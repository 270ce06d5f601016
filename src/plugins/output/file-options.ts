import type { OptionSchemas, PluginContext } from '../api.ts';
import { AppendFile } from './append-file.ts';

/** The options of a file that an output appends to: `NAMEfile` and `NAMEsync`. */
type FileOptions<Name extends string> = {
  readonly [Option in `${Name}file`]: {
    readonly type: 'path';
    readonly access: 'write';
    readonly default: string;
    readonly aliases: readonly string[];
    readonly help: string;
  };
} & {
  readonly [Option in `${Name}sync`]: {
    readonly type: 'flag';
    readonly aliases: readonly string[];
    readonly help: string;
  };
};

/**
 * Declares `NAMEfile` and `NAMEsync`, which ulogd2 calls `file` and `sync`.
 *
 * @param records what the file holds, for the help: `lines`
 */
export function fileOptions<Name extends string>(
  name: Name,
  defaultPath: string,
  records: string,
): FileOptions<Name> {
  const options: OptionSchemas = {
    [`${name}file`]: {
      type: 'path',
      access: 'write',
      default: defaultPath,
      aliases: ['file'],
      help: `file that ${records} are appended to`,
    },
    [`${name}sync`]: {
      type: 'flag',
      aliases: ['sync'],
      help: `make ${records} visible after each batch instead of within a second`,
    },
  };
  // The compiler cannot follow computed names; these two lines above are all there is to it.
  return options as FileOptions<Name>;
}

/** Opens the file that an output with `fileOptions` appends its records to. */
export function openFile(context: PluginContext<unknown>, path: string, sync: boolean): AppendFile {
  const { host, log } = context;
  const open = () => ({ path, fd: host.openAppend(path) });
  return new AppendFile({ open, sync, log, fail: (error) => context.fail(error) });
}
