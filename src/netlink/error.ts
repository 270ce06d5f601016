import { LITTLE_ENDIAN } from '../libc/abi.ts';
import { errnoName, errnoText } from '../libc/syscall-error.ts';
import {
  align4,
  NLM_F_ACK_TLVS,
  NLM_F_CAPPED,
  NLMSG_ERROR,
  NLMSGERR,
  NLMSGERR_ATTR_MSG,
  NLMSGHDR,
} from './constants.ts';
import { AttributeCursor, type MessageCursor } from './cursor.ts';

/** What failed and how; see `NetlinkError`. */
export interface NetlinkFailure {
  operation: string;
  errno: number;
  /** The kernel's own words, from the extended acknowledgement. */
  kernelMessage?: string | undefined;
  hint?: string | undefined;
  /** The whole cause in words, where more is known than the errno says; replaces its text. */
  reason?: string | undefined;
}

/** A request that the kernel refused, or did not answer. */
export class NetlinkError extends Error {
  override readonly name = 'NetlinkError';
  /** What was asked for, with its subject: `bind NFLOG group 5`. */
  readonly operation: string;
  /** Positive errno value; ETIMEDOUT when no answer came. */
  readonly errno: number;
  /** errno's symbolic name: `EPERM`. */
  readonly code: string;
  readonly kernelMessage: string | undefined;
  /** What the user can do about it. */
  readonly hint: string | undefined;

  constructor(failure: NetlinkFailure, options?: ErrorOptions) {
    const { operation, errno, kernelMessage, hint } = failure;
    const code = errnoName(errno);
    const reason = failure.reason ?? `${operation}: ${errnoText(errno)} (${code})`;
    const said = kernelMessage ? `: kernel says "${kernelMessage}"` : '';
    super(`${reason}${said}${hint ? `; ${hint}` : ''}`, options);
    this.operation = operation;
    this.errno = errno;
    this.code = code;
    this.kernelMessage = kernelMessage;
    this.hint = hint;
  }
}

/** The end of a request as told by an NLMSG_ERROR or NLMSG_DONE message. */
export interface Verdict {
  /** Positive errno; 0 is success. */
  errno: number;
  kernelMessage: string | undefined;
}

/**
 * Reads the verdict from the current message. NLMSG_ERROR is `struct nlmsgerr`, followed by the
 * request's content unless NLM_F_CAPPED; NLMSG_DONE begins with an errno and may be empty. Both are
 * followed by attributes where NLM_F_ACK_TLVS says so.
 */
export function readVerdict(message: MessageCursor): Verdict {
  const { view, offset, end } = message;
  if (end - offset < 4) return { errno: 0, kernelMessage: undefined };
  const errno = Math.abs(view.getInt32(offset, LITTLE_ENDIAN));
  let attributes = offset + 4;
  if (message.type === NLMSG_ERROR) {
    attributes = offset + NLMSGERR.size;
    if (!(message.flags & NLM_F_CAPPED) && attributes <= end) {
      const echoed = view.getUint32(offset + NLMSGERR.msg + NLMSGHDR.nlmsg_len, LITTLE_ENDIAN);
      attributes += align4(Math.max(0, echoed - NLMSGHDR.size));
    }
  }
  const hasText = (message.flags & NLM_F_ACK_TLVS) !== 0 && attributes <= end;
  return { errno, kernelMessage: hasText ? readText(view, attributes, end) : undefined };
}

function readText(view: DataView, start: number, end: number): string | undefined {
  const attribute = new AttributeCursor().reset(view, start, end);
  while (attribute.next()) {
    if (attribute.type !== NLMSGERR_ATTR_MSG) continue;
    const { buffer, byteOffset } = view;
    const text = Buffer.from(buffer, byteOffset + attribute.offset, attribute.length);
    const nul = text.indexOf(0);
    return text.toString('utf8', 0, nul === -1 ? text.length : nul);
  }
  return undefined;
}
