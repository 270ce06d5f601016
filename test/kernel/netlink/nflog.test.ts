import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { libc } from '../../../src/libc/library.ts';
import { NETLINK_NETFILTER } from '../../../src/netlink/constants.ts';
import { NetlinkError, NflogGroup, ReceiveRing, slotSizeFor } from '../../../src/netlink/index.ts';
import { NetlinkSocket } from '../../../src/netlink/socket.ts';
import { nflogDatagram } from '../../support/fake-socket.ts';
import { Namespace } from '../../support/namespace.ts';
import { requireKernel, runsAsRoot, title } from '../../support/requirements.ts';
import { scriptCommand } from '../../support/script-command.ts';
import { Inside, requireEntry } from './inside.ts';
import { receiveAll, sendUdp, upTo } from './received-packets.ts';

const missing = requireEntry();
const ring = new ReceiveRing({ slotSize: slotSizeFor(0, 131072) });

/** UDP to port 9 goes to group 5, to port 10 to group 6. */
const rules = `table inet test {
  chain output {
    type filter hook output priority 0
    udp dport 9 log group 5 prefix "five"
    udp dport 10 log group 6 prefix "six"
  }
}
`;

async function newNamespace(): Promise<Namespace> {
  const namespace = await Namespace.create();
  await namespace.nft(rules);
  return namespace;
}

const child = (group: number) =>
  scriptCommand(new URL('./nflog-child.ts', import.meta.url), String(group));

/** Sets all options of a `struct sockaddr_nl` that matter to send to another socket. */
function sendTo(socket: NetlinkSocket, portid: number, bytes: Uint8Array): number {
  const address = Buffer.alloc(12);
  address.writeUInt16LE(16, 0);
  address.writeUInt32LE(portid, 4);
  const sendto = libc.func('long sendto(int, void *, size_t, int, void *, unsigned int)');
  return sendto(socket.fd, bytes, bytes.length, 0, address, address.length);
}

function failureOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('did not throw');
}

describe.skipIf(missing)(title('NflogGroup', missing), () => {
  test('receives every packet, numbered from 0 in its group and over all groups', async () => {
    await using namespace = await newNamespace();
    using _ = new Inside(namespace);
    const five = NflogGroup.open(5, { qthreshold: 1 });
    const six = NflogGroup.open(6, { qthreshold: 1 });
    await sendUdp(9, 3);
    await sendUdp(10, 2);
    await sendUdp(9, 1);
    const [fives, sixes] = [receiveAll(five, ring), receiveAll(six, ring)];
    expect(fives.map(({ seq, seqGlobal }) => [seq, seqGlobal])).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 6],
    ]);
    expect(sixes.map(({ seq, seqGlobal }) => [seq, seqGlobal])).toEqual([
      [0, 4],
      [1, 5],
    ]);
    expect(fives[0]).toMatchObject({ group: 5, prefix: 'five', captured: 38 });
    expect(five.counters).toEqual({ datagrams: 4, overruns: 0, truncated: 0, foreign: 0 });
    five.close();
    six.close();
  });

  test('configures the kernel with all options at once, and again later', async () => {
    await using namespace = await newNamespace();
    using _ = new Inside(namespace);
    const group = NflogGroup.open(65535, { snaplen: 100, qtimeout: 25 });
    const line = () =>
      readFileSync('/proc/net/netfilter/nfnetlink_log', 'utf8').trim().split(/\s+/);
    expect(line().slice(0, 6)).toEqual(['65535', String(group.portid), '0', '2', '100', '3']);
    group.reconfigure({ snaplen: 0, qtimeout: 100 });
    expect(line().slice(3, 6)).toEqual(['2', '65531', '10']);
    group.reconfigure({ qthreshold: 7 });
    expect(line().slice(3, 6)).toEqual(['2', '65531', '10']);
    group.unbind();
    expect(line()).toEqual(['']);
    group.close();
  });

  test('copies no more of a packet than snaplen', async () => {
    await using namespace = await newNamespace();
    using _ = new Inside(namespace);
    const group = NflogGroup.open(5, { snaplen: 64, qthreshold: 1 });
    await sendUdp(9, 1, 10);
    await sendUdp(9, 1, 1000);
    expect(receiveAll(group, ring).map(({ captured }) => captured)).toEqual([38, 64]);
    group.close();
  });

  test('receives a packet of 64 KiB whole as far as an attribute can hold it', async () => {
    await using namespace = await newNamespace();
    using _ = new Inside(namespace);
    await namespace.exec('ip', 'link', 'set', 'lo', 'mtu', '65536');
    const group = NflogGroup.open(5, { qthreshold: 1 });
    await sendUdp(9, 1, 65507);
    expect(receiveAll(group, ring).map(({ captured }) => captured)).toEqual([65531]);
    expect(group.counters.truncated).toBe(0);
    group.close();
  });

  test.each([4096, 32768, 131072])(
    'fits datagrams of nlbufsiz %i into its slots',
    async (nlbufsiz) => {
      await using namespace = await newNamespace();
      using _ = new Inside(namespace);
      const queue = { qthreshold: 65535, qtimeout: 60_000, receiveBuffer: 4 << 20 };
      const fitting = new ReceiveRing({ slots: 4, slotSize: slotSizeFor(1000, nlbufsiz) });
      const group = NflogGroup.open(5, { nlbufsiz, snaplen: 1000, ...queue });
      await sendUdp(9, 400, 900);
      group.unbind();
      expect(receiveAll(group, fitting).map(({ seq }) => seq)).toEqual(upTo(400));
      expect(group.counters.truncated).toBe(0);
      // More than half of the slot was needed: smaller slots would not do.
      expect(group.counters.datagrams).toBeLessThan((400 * 928 * 2) / fitting.slotSize + 1);
      group.close();
    },
  );

  test('keeps the packets that arrive while a request is answered', async () => {
    await using namespace = await newNamespace();
    using _ = new Inside(namespace);
    const group = NflogGroup.open(5, { qthreshold: 1 });
    await sendUdp(9, 50);
    group.reconfigure({ snaplen: 40 });
    await sendUdp(9, 50);
    expect(receiveAll(group, ring).map(({ seq }) => seq)).toEqual(upTo(100));
    expect(group.counters.datagrams).toBe(100);
    group.close();
  });

  test('hands over what the kernel had collected when the group is given back', async () => {
    await using namespace = await newNamespace();
    using _ = new Inside(namespace);
    const group = NflogGroup.open(5, { qthreshold: 65535, qtimeout: 3_600_000 });
    await sendUdp(9, 10);
    expect(receiveAll(group, ring)).toEqual([]);
    group.unbind();
    expect(receiveAll(group, ring).map(({ seq }) => seq)).toEqual(upTo(10));
    expect(group.counters.datagrams).toBe(1);
    group.close();
  });

  test('counts an overrun of its receive buffer, and numbers tell what was lost', async () => {
    await using namespace = await newNamespace();
    using _ = new Inside(namespace);
    const group = NflogGroup.open(5, { qthreshold: 1, receiveBuffer: 2304 });
    expect(group.receiveBuffer).toEqual({ granted: 4608, forced: true });
    await sendUdp(9, 500);
    const before = receiveAll(group, ring).length;
    expect(group.counters.overruns).toBe(1);
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(500);
    await sendUdp(9, 1);
    expect(receiveAll(group, ring).map(({ seq }) => seq)).toEqual([500]);
    group.close();
  });

  test('can still be configured when its receive buffer is full', async () => {
    await using namespace = await newNamespace();
    using _ = new Inside(namespace);
    const group = NflogGroup.open(5, { qthreshold: 1, receiveBuffer: 2304 });
    await sendUdp(9, 500);
    group.reconfigure({ snaplen: 40 });
    expect(group.counters.overruns).toBe(1);
    expect(receiveAll(group, ring)[0]?.seq).toBe(0);
    group.close();
  });

  test.each(['reconfigure', 'unbind'] as const)(
    'can %s behind a backlog of thousands of datagrams in a full receive buffer',
    async (request) => {
      await using namespace = await newNamespace();
      using _ = new Inside(namespace);
      const group = NflogGroup.open(5, { qthreshold: 1, receiveBuffer: 1 << 20 });
      await sendUdp(9, 6000);
      const begin = performance.now();
      if (request === 'unbind') group.unbind();
      else group.reconfigure({ snaplen: 40 });
      expect(performance.now() - begin).toBeLessThan(5000);
      expect(group.counters.overruns).toBe(1);
      const numbers = receiveAll(group, ring).map(({ seq }) => seq);
      expect(numbers.length).toBeGreaterThan(1500);
      expect(numbers.length).toBeLessThan(6000);
      expect(numbers).toEqual(upTo(numbers.length));
      group.close();
    },
  );

  test('is given back even when its last packets overrun the receive buffer', async () => {
    await using namespace = await newNamespace();
    using _ = new Inside(namespace);
    const queue = { nlbufsiz: 131072, qthreshold: 65535, qtimeout: 60_000, receiveBuffer: 2304 };
    const group = NflogGroup.open(5, queue);
    // The first datagram fills the buffer; the second, flushed by unbind, takes the answer with it.
    await sendUdp(9, 400, 900);
    group.unbind();
    expect(group.counters.overruns).toBe(1);
    expect(receiveAll(group, ring)[0]?.seq).toBe(0);
    NflogGroup.open(5).close();
    group.close();
  });

  test('counts datagrams that are longer than a slot', async () => {
    await using namespace = await newNamespace();
    using _ = new Inside(namespace);
    const small = new ReceiveRing({ slots: 2, slotSize: 64 });
    const group = NflogGroup.open(5, { qthreshold: 1 });
    await sendUdp(9, 1);
    expect([group.receive(small), small.truncated(0), small.lengths[0]]).toEqual([1, true, 64]);
    expect(group.counters.truncated).toBe(1);
    group.close();
  });

  test('ignores what other processes send it', async () => {
    await using namespace = await newNamespace();
    using _ = new Inside(namespace);
    const group = NflogGroup.open(5, { qthreshold: 1 });
    const forger = NetlinkSocket.open(NETLINK_NETFILTER);
    const forged = nflogDatagram([{ group: 5, seq: 77 }]);
    expect(sendTo(forger, group.portid, forged)).toBe(forged.length);
    await sendUdp(9, 1);
    expect(receiveAll(group, ring).map(({ seq }) => seq)).toEqual([0]);
    expect(group.counters).toMatchObject({ datagrams: 2, foreign: 1 });
    sendTo(forger, group.portid, forged);
    group.reconfigure({ snaplen: 40 });
    expect(receiveAll(group, ring)).toEqual([]);
    expect(group.counters).toMatchObject({ datagrams: 3, foreign: 2 });
    forger.close();
    group.close();
  });

  test('does not take a group from another process, and says which one has it', async () => {
    await using namespace = await newNamespace();
    const holder = namespace.spawn(...split(child(5)), { stdin: true });
    await holder.waitForLog(/^bound$/m);
    using _ = new Inside(namespace);
    const command = readFileSync(`/proc/${holder.pid}/comm`, 'utf8').trim();
    const error = failureOf(() => NflogGroup.open(5));
    expect(error).toBeInstanceOf(NetlinkError);
    expect(error).toMatchObject({
      operation: 'bind NFLOG group 5',
      code: 'EBUSY',
      message:
        `group 5 is already bound by another process (pid ${holder.pid}, ${command}); ` +
        'one process at a time can have a group',
    });
    await sendUdp(9, 3);
    holder.stdin?.end();
    const { code, stdout } = await holder.exit;
    expect([code, JSON.parse(stdout.replace('bound\n', '')).packets]).toEqual([0, 3]);
    NflogGroup.open(5).close();
  });

  test('says when this very process has the group, and frees it by closing', async () => {
    await using namespace = await newNamespace();
    using _ = new Inside(namespace);
    const first = NflogGroup.open(5);
    expect(() => NflogGroup.open(5)).toThrow('group 5 is already bound by this process');
    first.close();
    NflogGroup.open(5).close();
  });

  test.each([-1, 65536, 1.5])('refuses group %d', (group) => {
    expect(() => NflogGroup.open(group)).toThrow('0 to 65535 are possible');
  });
});

const ordinary = requireKernel('ping');

describe.skipIf(ordinary)(title('NflogGroup in a user namespace', ordinary), () => {
  test('binds and receives; its receive buffer ends at net.core.rmem_max', async () => {
    await using namespace = await Namespace.create();
    const [command, ...args] = child(5);
    const user = runsAsRoot ? ['--user', '--map-root-user', '--net'] : ['--net'];
    const script =
      'ip link set lo up && nft add table t && ' +
      "nft add chain t o '{ type filter hook output priority 0; }' && " +
      'nft add rule t o icmp type echo-request log group 5 && exec "$@"';
    const run = namespace.spawn('unshare', [...user, 'sh', '-ec', script, 'sh', command, ...args], {
      stdin: true,
    });
    await run.waitForLog(/^bound$/m);
    const kinds = runsAsRoot ? ['--user', '--preserve-credentials', '--net'] : ['--net'];
    const inside = [`--target=${run.pid}`, ...kinds];
    await namespace.exec('nsenter', ...inside, 'ping', '-q', '-c', '3', '-i', '0.01', '127.0.0.1');
    run.stdin?.end();
    const { code, stdout } = await run.exit;
    expect(code).toBe(0);
    const limit = Number(readFileSync('/proc/sys/net/core/rmem_max', 'utf8'));
    const receiveBuffer = { granted: 2 * Math.min(limit, 1 << 20), forced: false };
    expect(JSON.parse(stdout.replace('bound\n', ''))).toEqual({ packets: 3, receiveBuffer });
  });

  test('asks for the capability where it is missing', async () => {
    await using namespace = await Namespace.create();
    const run = namespace.spawn('setpriv', ['--bounding-set=-net_admin', ...child(5)]);
    const { code, stderr } = await run.exit;
    expect(code).toBe(1);
    expect(stderr).toContain(
      'bind NFLOG group 5: operation not permitted (EPERM); run as root or with CAP_NET_ADMIN',
    );
  });
});

function split([command, ...args]: readonly [string, ...string[]]): [string, string[]] {
  return [command, args];
}
