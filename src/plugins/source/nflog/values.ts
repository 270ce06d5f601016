import type { NflogOptions } from '../../../netlink/index.ts';
import type { ValueProblem } from '../../api.ts';

/** The values of the source's options; `group` is given or follows from the block's name. */
export interface NflogValues {
  readonly group: number | undefined;
  readonly snaplen: number;
  readonly nlbufsiz: number;
  readonly qthreshold: number;
  readonly qtimeout: number;
  readonly label: string;
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

const MAX_LABEL = 64;

/** The label as key raw.label has it; −1 when it is a word. */
export const numericLabel = (label: string): number => (/^\d+$/.test(label) ? Number(label) : -1);

/** raw.label has eight bits, as ulogd2's. */
export function checkLabel({ label }: NflogValues): readonly ValueProblem[] {
  if (numericLabel(label) > 255) {
    return [{ option: 'label', message: 'a label that is a number goes from 0 to 255' }];
  }
  if (Buffer.byteLength(label) <= MAX_LABEL) return [];
  return [{ option: 'label', message: `a label has at most ${MAX_LABEL} bytes` }];
}
