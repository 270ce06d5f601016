/** A set that elements cannot go to. The message says which, why, and what would help. */
export class NftsetError extends Error {
  override readonly name = 'NftsetError';
  /** `inet filter banned`; undefined when it is about no single set. */
  readonly set: string | undefined;
  /** nft's command that makes what is missing. */
  readonly command: string | undefined;

  constructor(reason: string, details: { set?: string; command?: string } = {}) {
    const { set, command } = details;
    super(command === undefined ? reason : `${reason}: ${command}`);
    this.set = set;
    this.command = command;
  }
}
