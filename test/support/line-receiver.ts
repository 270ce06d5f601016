import type { Namespace } from './namespace.ts';
import type { RunningProcess } from './running-process.ts';
import { scriptCommand } from './script-command.ts';

const childScript = new URL('./line-receiver-child.ts', import.meta.url);

/**
 * Starts a program that appends the lines it receives to a file; resolves when it listens.
 * @param place the path of a Unix socket, or a TCP port of 127.0.0.1
 */
export async function startLineReceiver(
  namespace: Namespace,
  place: string | number,
  file: string,
): Promise<RunningProcess> {
  const [command, ...args] = scriptCommand(childScript, String(place), file);
  const receiver = namespace.spawn(command, args);
  await receiver.waitForLog(/^listening$/m);
  return receiver;
}
