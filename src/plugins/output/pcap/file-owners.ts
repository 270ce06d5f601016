/** An output that writes to a file in this process. */
interface Owner {
  /** Its block and section: `block 5`, `block 5 PCAP two`. */
  readonly name: string;
  readonly gone: Promise<void>;
  isGone: boolean;
}

/** By absolute path. Two that appended to one file would tear each other's records. */
const owners = new Map<string, Owner>();

/** A file claimed by one output of this process. */
export interface Claim {
  /** When the output of the config before has left the file; undefined where there is none. */
  readonly predecessorGone: Promise<void> | undefined;
  /** To be called when the file is closed. */
  release(): void;
}

/**
 * Claims a file for an output. At a reload an output is opened while the one that it replaces is still
 * at work: that one has the same name, and the new one has to wait until it is gone.
 *
 * @param path absolute
 * @throws Error when an output with another name writes to the file
 */
export function claimFile(path: string, name: string): Claim {
  const predecessor = owners.get(path);
  if (predecessor && predecessor.name !== name) {
    const advice = 'give each a pcapfile of its own';
    throw new Error(`'${path}' is already written by PCAP of ${predecessor.name}; ${advice}`);
  }
  let tellGone = (): void => {};
  const gone = new Promise<void>((resolve) => {
    tellGone = resolve;
  });
  const own: Owner = { name, gone, isGone: false };
  owners.set(path, own);
  return {
    predecessorGone: predecessor?.gone,
    release: () => {
      own.isGone = true;
      tellGone();
      if (owners.get(path) !== own) return;
      // After a reload that failed the output of the config before goes on.
      if (predecessor && !predecessor.isGone) owners.set(path, predecessor);
      else owners.delete(path);
    },
  };
}
