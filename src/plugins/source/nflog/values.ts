import type { NflogOptions } from '../../../netlink/index.ts';

/** The values of the source's options; `group` is given or follows from the block's name. */
export interface NflogValues {
  readonly group: number | undefined;
  readonly snaplen: number;
  readonly nlbufsiz: number;
  readonly qthreshold: number;
  readonly qtimeout: number;
  readonly label: number;
}

/** The options that the kernel keeps for a group. */
export function kernelOptions({
  snaplen,
  nlbufsiz,
  qthreshold,
  qtimeout,
}: NflogValues): NflogOptions {
  return { snaplen, nlbufsiz, qthreshold, qtimeout };
}
