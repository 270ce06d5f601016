import { NFGENMSG, NLM_F_ACK, NLM_F_REQUEST } from '../constants.ts';
import { AttributeCursor, type MessageCursor } from '../cursor.ts';
import { MessageBuilder } from '../message.ts';
import type { NetlinkSocket } from '../socket.ts';
import { NFT_MSG_GETGEN, NFT_MSG_NEWGEN, NFTA_GEN_ID } from './protocol.ts';

/**
 * The generation of the ruleset of this network namespace: every transaction that changes anything
 * makes the next one; what rules do with sets does not. Throws NetlinkError, SyscallError.
 */
export function readGeneration(socket: NetlinkSocket): number {
  let generation = 0;
  const request = new MessageBuilder(NFT_MSG_GETGEN, NLM_F_REQUEST | NLM_F_ACK).nfgenmsg(0, 0);
  socket.request(request, {
    operation: 'read the generation of the ruleset',
    onReply(message) {
      if (message.type === NFT_MSG_NEWGEN) generation = generationOf(message);
    },
  });
  return generation;
}

/** The generation that NFT_MSG_NEWGEN tells. */
export function generationOf({ view, offset, end }: MessageCursor): number {
  const attribute = new AttributeCursor().reset(view, offset + NFGENMSG.size, end);
  while (attribute.next()) {
    if (attribute.type === NFTA_GEN_ID) return view.getUint32(attribute.offset);
  }
  return 0;
}
