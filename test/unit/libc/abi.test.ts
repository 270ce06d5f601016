import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  assertSupportedAbi,
  IOVEC,
  MMSGHDR,
  MSGHDR,
  POLLFD,
  SOCKADDR_NL,
} from '../../../src/libc/abi.ts';
import * as poll from '../../../src/libc/poll.ts';
import * as socket from '../../../src/libc/socket.ts';
import * as netlink from '../../../src/netlink/constants.ts';
import * as nflog from '../../../src/netlink/nflog-protocol.ts';
import { requireTools, title } from '../../support/requirements.ts';
import { ScratchFolder } from '../../support/scratch-folder.ts';

const missing = requireTools('cc');

const headers = [
  'poll.h',
  'stddef.h',
  'stdio.h',
  'sys/socket.h',
  'linux/netlink.h',
  'linux/netfilter/nfnetlink.h',
  'linux/netfilter/nfnetlink_log.h',
];

/** Our layouts and the C structures they claim to be. */
const layouts: Record<string, Record<string, number>> = {
  'struct sockaddr_nl': SOCKADDR_NL,
  'struct iovec': IOVEC,
  'struct msghdr': MSGHDR,
  'struct mmsghdr': MMSGHDR,
  'struct pollfd': POLLFD,
  'struct nlmsghdr': netlink.NLMSGHDR,
  'struct nlmsgerr': netlink.NLMSGERR,
  'struct nlattr': netlink.NLATTR,
  'struct nfgenmsg': netlink.NFGENMSG,
  'struct nfulnl_msg_packet_hdr': nflog.NFULNL_MSG_PACKET_HDR,
  'struct nfulnl_msg_packet_hw': nflog.NFULNL_MSG_PACKET_HW,
  'struct nfulnl_msg_packet_timestamp': nflog.NFULNL_MSG_PACKET_TIMESTAMP,
  'struct nfulnl_msg_config_mode': nflog.NFULNL_MSG_CONFIG_MODE,
};

/** Ours is the whole message type, the header's the low byte only; the others have no C name. */
const notMacros = new Set(['NFULNL_MSG_PACKET', 'NFULNL_MSG_CONFIG', 'NLA_TYPE_MASK']);

function constants(): [string, number][] {
  const all = Object.entries({ ...poll, ...socket, ...netlink, ...nflog });
  return all.filter(
    (entry): entry is [string, number] => typeof entry[1] === 'number' && !notMacros.has(entry[0]),
  );
}

/** What a C compiler makes of `expressions` with the system's headers. */
async function evaluate(expressions: readonly string[]): Promise<number[]> {
  await using folder = await ScratchFolder.create();
  const source = join(folder.path, 'print.c');
  const program = join(folder.path, 'print');
  const includes = headers.map((header) => `#include <${header}>\n`).join('');
  const prints = expressions.map((code) => `  printf("%lld\\n", (long long)(${code}));\n`).join('');
  writeFileSync(
    source,
    `#define _GNU_SOURCE\n${includes}int main(void) {\n${prints}  return 0;\n}\n`,
  );
  execFileSync('cc', ['-o', program, source]);
  return execFileSync(program, { encoding: 'utf8' }).trim().split('\n').map(Number);
}

describe.skipIf(missing)(title('layouts and numbers of the system headers', missing), () => {
  test('structures have the sizes and offsets that this program assumes', async () => {
    const ours = Object.entries(layouts).flatMap(([struct, fields]) =>
      Object.entries(fields).map(([field, value]) => ({
        code: field === 'size' ? `sizeof(${struct})` : `offsetof(${struct}, ${field})`,
        value,
      })),
    );
    const values = await evaluate(ours.map(({ code }) => code));
    const theirs = ours.map(({ code }, index) => ({ code, value: values[index] }));
    expect(theirs).toEqual(ours);
    expect(ours.length).toBeGreaterThan(40);
  });

  test('constants have the values that this program assumes', async () => {
    const ours = constants();
    const values = await evaluate(ours.map(([name]) => name));
    expect(ours.map(([name], index) => [name, values[index]])).toEqual(ours);
    expect(ours.length).toBeGreaterThan(60);
  });
});

describe('assertSupportedAbi', () => {
  test('takes the machine that the tests run on', () => {
    expect(() => assertSupportedAbi()).not.toThrow();
  });

  test.each([
    [4, 'LE', '32-bit pointers in LE byte order'],
    [8, 'BE', '64-bit pointers in BE byte order'],
  ])('refuses %i-byte pointers in %s order', (size, order, text) => {
    expect(() => assertSupportedAbi(size, order)).toThrow(text);
  });
});
