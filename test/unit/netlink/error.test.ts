import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MessageCursor } from '../../../src/netlink/cursor.ts';
import { NetlinkError, readVerdict, type Verdict } from '../../../src/netlink/error.ts';
import { MessageBuilder } from '../../../src/netlink/message.ts';

const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const CAPPED = 0x100;
const ACK_TLVS = 0x200;

function verdictOf(bytes: Uint8Array): Verdict {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const message = new MessageCursor().reset(view, 0, bytes.length);
  expect(message.next()).toBe(true);
  return readVerdict(message);
}

/** `struct nlmsgerr` for a request of `echoed` bytes, and as much of its content as is given. */
function nlmsgerr(errno: number, echoed = 16, content = 0): Uint8Array {
  const bytes = Buffer.alloc(20 + content);
  bytes.writeInt32LE(-errno, 0);
  bytes.writeUInt32LE(echoed, 4);
  return bytes;
}

describe('readVerdict', () => {
  test('reads an acknowledgement', () => {
    const ack = new MessageBuilder(NLMSG_ERROR, CAPPED).header(nlmsgerr(0));
    expect(verdictOf(ack.finish(1, 1))).toEqual({ errno: 0, kernelMessage: undefined });
  });

  test("reads the errno and the kernel's words behind a capped request", () => {
    const refusal = new MessageBuilder(NLMSG_ERROR, CAPPED | ACK_TLVS)
      .header(nlmsgerr(22, 400))
      .host32(2, 28)
      .text(1, 'Unknown attribute');
    expect(verdictOf(refusal.finish(1, 1))).toEqual({
      errno: 22,
      kernelMessage: 'Unknown attribute',
    });
  });

  test('finds them behind a request that was echoed in full', () => {
    const refusal = new MessageBuilder(NLMSG_ERROR, ACK_TLVS)
      .header(nlmsgerr(95, 27, 12))
      .text(1, 'no');
    expect(verdictOf(refusal.finish(1, 1))).toEqual({ errno: 95, kernelMessage: 'no' });
  });

  test('takes attributes for content when the flag for them is missing', () => {
    const refusal = new MessageBuilder(NLMSG_ERROR, CAPPED).header(nlmsgerr(1)).text(1, 'no');
    expect(verdictOf(refusal.finish(1, 1)).kernelMessage).toBeUndefined();
  });

  test('reads the end of a dump, empty or with an errno', () => {
    expect(verdictOf(new MessageBuilder(NLMSG_DONE, 0).finish(1, 1)).errno).toBe(0);
    const failed = new MessageBuilder(NLMSG_DONE, ACK_TLVS)
      .header(Buffer.from([0xea, 0xff, 0xff, 0xff]))
      .text(1, 'busy');
    expect(verdictOf(failed.finish(1, 1))).toEqual({ errno: 22, kernelMessage: 'busy' });
  });

  test('reads any content without fault', () => {
    const kind = fc.constantFrom(NLMSG_ERROR, NLMSG_DONE);
    fc.assert(
      fc.property(
        kind,
        fc.nat(0xffff),
        fc.uint8Array({ maxLength: 80 }),
        (type, flags, content) => {
          const bytes = new MessageBuilder(type, flags).header(content).finish(1, 1);
          expect(verdictOf(bytes).errno).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });
});

describe('NetlinkError', () => {
  test('says what failed, how, in whose words, and what to do', () => {
    const error = new NetlinkError({
      operation: 'bind NFLOG group 5',
      errno: 1,
      kernelMessage: 'not yours',
      hint: 'ask root',
    });
    expect(error.message).toBe(
      'bind NFLOG group 5: operation not permitted (EPERM): kernel says "not yours"; ask root',
    );
    expect(error).toMatchObject({
      name: 'NetlinkError',
      errno: 1,
      code: 'EPERM',
      hint: 'ask root',
    });
  });

  test('gives a reason that is better known than the errno instead of its text', () => {
    const error = new NetlinkError({ operation: 'bind', errno: 16, reason: 'taken by ulogd' });
    expect([error.message, error.code]).toEqual(['taken by ulogd', 'EBUSY']);
  });
});
