import koffi from 'koffi';
import { setInherited } from './descriptors.ts';
import { checked, libc } from './library.ts';

const execve = libc.func('int execve(const void *path, const void *argv, const void *envp)');
const setHandler = libc.func('void *signal(int number, void *handler)');

const STANDARD_DESCRIPTORS = [0, 1, 2];
/** asm-generic/signal.h; Node ignores these two, and what is ignored stays so across execve(2). */
const IGNORED_BY_NODE = [/* SIGPIPE */ 13, /* SIGXFSZ */ 25];
const SIG_DFL = null;

/**
 * Makes this process run another program, by execve(2): with the standard descriptors, which Node
 * makes close-on-exec like all others, and with signals as they are by default.
 *
 * @param argv the program's path, and its arguments, without NUL bytes
 * @param environment `NAME=value`, without NUL bytes
 * @throws SyscallError; otherwise it does not return
 */
export function executeInPlace(
  argv: readonly Uint8Array[],
  environment: readonly Uint8Array[],
): never {
  const [path = new Uint8Array(0)] = argv;
  for (const fd of STANDARD_DESCRIPTORS) setInherited(fd, true);
  for (const signal of IGNORED_BY_NODE) setHandler(signal, SIG_DFL);
  const words = argv.map(terminated);
  const variables = environment.map(terminated);
  const result = execve(terminated(path), pointersTo(words), pointersTo(variables));
  checked(`execve ${Buffer.from(path).toString()}`, result);
  throw new Error('execve returned without an error');
}

const terminated = (bytes: Uint8Array): Buffer => Buffer.concat([bytes, Uint8Array.of(0)]);

/** An array of pointers, with a null pointer at its end. Keep the buffers referenced meanwhile. */
function pointersTo(buffers: readonly Buffer[]): BigUint64Array {
  const pointers = new BigUint64Array(buffers.length + 1);
  buffers.forEach((buffer, index) => {
    pointers[index] = koffi.address(buffer);
  });
  return pointers;
}
