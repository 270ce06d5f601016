import { tryLockExclusive } from '../../../libc/flock.ts';
import { Spool } from '../../../spool/index.ts';
import type { PluginContext } from '../../api.ts';

/**
 * A spool for what an output cannot get rid of, in a folder of the config.
 *
 * @param plugin the output's name, for messages
 * @param path the folder
 * @throws SpoolError if the folder cannot be had
 */
export function openSpool(
  { block, instance, host, log }: PluginContext<unknown>,
  plugin: string,
  path: string,
  maxBytes: number,
): Spool {
  const folder = host.absolutePath(path);
  return new Spool({
    folder,
    maxBytes,
    owner: ['block', block, plugin, instance].join(' ').trim(),
    uid: host.uid,
    asUser: (action) => host.asUser(action),
    tryLock: tryLockExclusive,
    damaged: ({ bytes, records }) => {
      if (bytes > 0) log.counted(`damaged bytes left out in ${folder}`, bytes);
      if (records > 0) log.counted(`records lost in damaged files of ${folder}`, records);
    },
    failed: (error) => log.counted(error.message, 1),
  });
}
