import { describe, expect, test } from 'vitest';
import { getIntOption } from '../../../src/libc/socket.ts';
import {
  NETLINK_CAP_ACK,
  NETLINK_EXT_ACK,
  NETLINK_NETFILTER,
  NETLINK_NO_ENOBUFS,
  NETLINK_ROUTE,
  NLM_F_ACK,
  NLM_F_DUMP,
  NLM_F_REQUEST,
  SOL_NETLINK,
} from '../../../src/netlink/constants.ts';
import { MessageBuilder } from '../../../src/netlink/message.ts';
import { ReceiveRing } from '../../../src/netlink/receive-ring.ts';
import { NetlinkSocket } from '../../../src/netlink/socket.ts';

// Reading the routing tables takes neither privileges nor a namespace.
const RTM_NEWLINK = 16;
const RTM_GETLINK = 18;
/** A u32: one byte is too short for it. */
const IFLA_EXT_MASK = 29;
const IFINFOMSG = new Uint8Array(16);

const dump = (): MessageBuilder =>
  new MessageBuilder(RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP).header(IFINFOMSG);

describe('NetlinkSocket', () => {
  test('lets the kernel report lost datagrams, and explain its refusals', () => {
    const socket = NetlinkSocket.open(NETLINK_ROUTE);
    const option = (name: number): number => getIntOption(socket.fd, SOL_NETLINK, name, 'option');
    expect([NETLINK_NO_ENOBUFS, NETLINK_EXT_ACK, NETLINK_CAP_ACK].map(option)).toEqual([0, 1, 1]);
    socket.close();
  });

  test('has a port id of its own', () => {
    const [first, second] = [NetlinkSocket.open(NETLINK_ROUTE), NetlinkSocket.open(NETLINK_ROUTE)];
    expect(first.portid).not.toBe(0);
    expect(second.portid).not.toBe(first.portid);
    first.close();
    second.close();
  });

  test('reads a dump to its end', () => {
    const socket = NetlinkSocket.open(NETLINK_ROUTE);
    for (let round = 0; round < 2; round++) {
      const types: number[] = [];
      const onReply = ({ type }: { type: number }): void => void types.push(type);
      expect(socket.request(dump(), { operation: 'list', onReply })).toEqual({
        interrupted: false,
      });
      expect(types.length).toBeGreaterThan(0);
      expect(new Set(types)).toEqual(new Set([RTM_NEWLINK]));
    }
    expect(socket.receive(new ReceiveRing({ slots: 1 }))).toBe(0);
    socket.close();
  });

  test("throws the kernel's refusal with its own words", () => {
    const socket = NetlinkSocket.open(NETLINK_ROUTE);
    const request = new MessageBuilder(RTM_GETLINK, NLM_F_REQUEST | NLM_F_ACK)
      .header(IFINFOMSG)
      .u8(IFLA_EXT_MASK, 1);
    expect(() => socket.request(request, { operation: 'look for nothing' })).toThrow(
      expect.objectContaining({
        name: 'NetlinkError',
        operation: 'look for nothing',
        code: 'ERANGE',
        kernelMessage: 'Attribute failed policy validation',
      }),
    );
    socket.close();
  });

  test('gives up a request that nobody answers', () => {
    const socket = NetlinkSocket.open(NETLINK_ROUTE);
    const mute = new MessageBuilder(1, NLM_F_REQUEST);
    expect(() => socket.request(mute, { operation: 'ask the wall', timeoutMs: 20 })).toThrow(
      'ask the wall: connection timed out (ETIMEDOUT)',
    );
    socket.close();
  });

  test('says how much receive buffer it was given', () => {
    const socket = NetlinkSocket.open(NETLINK_ROUTE);
    const buffer = socket.setReceiveBuffer(100_000);
    expect(buffer.granted).toBe(200_000);
    socket.close();
  });

  test('throws for a family that the kernel does not have, and after close', () => {
    expect(() => NetlinkSocket.open(31)).toThrow(
      expect.objectContaining({ operation: 'socket', code: 'EPROTONOSUPPORT' }),
    );
    const socket = NetlinkSocket.open(NETLINK_NETFILTER);
    socket.close();
    socket.close();
    // The number of the descriptor may belong to somebody else by now.
    const other = NetlinkSocket.open(NETLINK_NETFILTER);
    expect(other.fd).toBe(socket.fd);
    const closed = expect.objectContaining({ code: 'EBADF' });
    expect(() => socket.receive(new ReceiveRing({ slots: 1 }))).toThrow(closed);
    expect(() => socket.request(dump(), { operation: 'list' })).toThrow(closed);
    other.close();
  });
});
