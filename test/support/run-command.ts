import { type SpawnOptions, spawn } from 'node:child_process';
import { RunningProcess } from './running-process.ts';

/**
 * Runs a command with this input, and returns what it writes.
 *
 * @throws Error with what it says when it fails
 */
export async function runCommand(
  program: string,
  words: readonly string[],
  input: string,
  options: SpawnOptions,
): Promise<string> {
  const running = new RunningProcess(program, spawn(program, words, options));
  // Where it ends without reading, its exit status tells more than EPIPE.
  running.stdin?.on('error', () => {}).end(input);
  const { code, stdout, stderr } = await running.exit;
  if (code !== 0) throw new Error(`${program}: ${stderr || stdout}`);
  return stdout;
}
