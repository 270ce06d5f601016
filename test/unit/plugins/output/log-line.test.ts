import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LogLine } from '../../../../src/plugins/output/log-line.ts';
import type { FakePacket } from '../../../support/fake-socket.ts';
import { logSamples } from '../../../support/log-samples.ts';
import { arp, ipv4, ipv6, raw, sctp, tcp, udp, vlan } from '../../../support/packets.ts';
import { FakeLinks } from '../fake-context.ts';
import { attribute, PacketPath } from '../packet-path.ts';

const links = new FakeLinks({ 2: 'eth0', 3: 'br-lan', 9: Buffer.from([0x7a, 0xff, 0x1b, 0x22]) });
const path = new PacketPath(LogLine.reads, { links });
const line = new LogLine(path.batch.columns);

/** The line of a packet, one character a byte. */
function lineOf(packet: FakePacket): string {
  path.take({}, packet);
  const room = new ArrayBuffer(LogLine.MAX_LENGTH);
  const end = line.write(1, new DataView(room), 0);
  return Buffer.from(room).toString('latin1', 0, end);
}

const ethernetHeader = Buffer.from('0200000000020200000000010800', 'hex');
const addresses = { source: '192.0.2.1', destination: '198.51.100.2' };
const datagram = ipv4(
  { ...addresses, id: 7 },
  udp({ sourcePort: 1024, destinationPort: 53 }, 'abc'),
);
const datagramText =
  'SRC=192.0.2.1 DST=198.51.100.2 LEN=31 TOS=00 PREC=0x00 TTL=64 ID=7 PROTO=UDP SPT=1024 DPT=53 LEN=11 ';

describe('the body of a log line', () => {
  test.each(logSamples)('of $name', ({ packet, body }) => {
    const version6 = (packet[0] ?? 0) >> 4 === 6;
    const kernel = version6 ? { family: 10, protocol: 0x86dd } : { family: 2, protocol: 0x0800 };
    expect(lineOf({ ...kernel, payload: packet })).toBe(`IN= OUT= MAC= ${body}MARK=0x0 `);
  });

  const message = { senderMac: '02:00:00:00:00:0a', senderIp: '10.0.0.1', targetIp: '10.0.0.2' };
  test.each([
    [1, 'SRC=10.0.0.1 DST=10.0.0.2 PROTO=ARP REQUEST '],
    [2, 'SRC=10.0.0.1 DST=10.0.0.2 PROTO=ARP REPLY REPLY_MAC=02:00:00:00:00:0a '],
    [10, 'SRC=10.0.0.1 DST=10.0.0.2 PROTO=ARP NAK '],
    [3, 'SRC=10.0.0.1 DST=10.0.0.2 PROTO=ARP CODE=3 '],
  ])('of an ARP message with operation %i', (operation, body) => {
    const payload = arp({ ...message, operation });
    const expected = `IN= OUT= MAC= ${body}MARK=0x0 `;
    expect(lineOf({ family: 3, protocol: 0x0806, payload })).toBe(expected);
    expect(lineOf({ family: 7, protocol: 0x0806, payload })).toBe(expected);
  });

  test('of an ARP message whose addresses were not captured', () => {
    const payload = arp(message).subarray(0, 27);
    expect(lineOf({ family: 3, protocol: 0x0806, payload })).toBe(
      'IN= OUT= MAC= PROTO=ARP REQUEST MARK=0x0 ',
    );
  });

  test.each([
    ['bridge', 7],
    ['netdev', 5],
    ['inet', 1],
  ])('of the %s family by the Ethernet type', (_name, family) => {
    expect(lineOf({ family, protocol: 0x0800, payload: datagram })).toBe(
      `IN= OUT= MAC= ${datagramText}MARK=0x0 `,
    );
    const six = ipv6(
      { source: 'fe80::1', destination: 'ff02::1' },
      sctp({ sourcePort: 5, destinationPort: 6 }),
    );
    expect(lineOf({ family, protocol: 0x86dd, payload: six })).toBe(
      'IN= OUT= MAC= SRC=fe80::1 DST=ff02::1 LEN=72 TC=0 HOPLIMIT=64 FLOWLBL=0 PROTO=SCTP SPT=5 DPT=6 MARK=0x0 ',
    );
    expect(lineOf({ family, protocol: 0x88cc, payload: Buffer.alloc(8) })).toBe(
      'IN= OUT= MAC= PROTO=35020 MARK=0x0 ',
    );
  });

  test('of a packet in a VLAN, behind its tag', () => {
    const payload = vlan({ id: 5 }, datagram);
    expect(lineOf({ family: 7, protocol: 0x8100, payload })).toBe(
      `IN= OUT= MAC= ${datagramText}MARK=0x0 `,
    );
  });

  test('of a packet that was captured without its whole IP header', () => {
    const expected = 'IN= OUT= MAC= TRUNCATED MARK=0x0 ';
    expect(lineOf({ payload: datagram.subarray(0, 19) })).toBe(expected);
    expect(lineOf({ family: 10, protocol: 0x86dd, payload: Buffer.alloc(39, 0x60) })).toBe(
      expected,
    );
    expect(lineOf({})).toBe(expected);
  });

  test('of a packet that was captured to its IP header', () => {
    expect(lineOf({ payload: datagram.subarray(0, 20) })).toBe(
      'IN= OUT= MAC= SRC=192.0.2.1 DST=198.51.100.2 LEN=31 TOS=00 PREC=0x00 TTL=64 ID=7 PROTO=UDP INCOMPLETE MARK=0x0 ',
    );
  });

  test.each([
    [6, 'PROTO=TCP INCOMPLETE '],
    [17, 'PROTO=UDP INCOMPLETE '],
    [132, 'PROTO=SCTP INCOMPLETE '],
    [1, 'PROTO=ICMP INCOMPLETE '],
    [58, 'PROTO=ICMPv6 INCOMPLETE '],
    [50, 'PROTO=ESP INCOMPLETE '],
    [51, 'PROTO=AH INCOMPLETE '],
    [2, 'PROTO=2 '],
    [255, 'PROTO=255 '],
  ])('of protocol %i with nothing behind the IP header', (protocol, rest) => {
    expect(lineOf({ payload: ipv4({ ...addresses, id: 7 }, raw(protocol)) })).toBe(
      `IN= OUT= MAC= SRC=192.0.2.1 DST=198.51.100.2 LEN=20 TOS=00 PREC=0x00 TTL=64 ID=7 ${rest}MARK=0x0 `,
    );
  });
});

describe('a log line', () => {
  test('has everything that the kernel tells, in this order', () => {
    const packet: FakePacket = {
      prefix: 'drop: ',
      indev: 2,
      outdev: 3,
      mark: 0xdeadbeef,
      uid: 1000,
      payload: datagram,
      attributes: [attribute.hardwareHeader(ethernetHeader), attribute.gid(4_294_967_295)],
    };
    expect(lineOf(packet)).toBe(
      `drop:  IN=eth0 OUT=br-lan MAC=02:00:00:00:00:02:02:00:00:00:00:01:08:00 ${datagramText}` +
        'UID=1000 GID=4294967295 MARK=0xdeadbeef ',
    );
  });

  test.each([
    ['plain', 'plain'],
    ['', ''],
    ['say "no"', 'say "no"'],
    ['one\ntwo\r\t', 'one\\x0atwo\\x0d\\x09'],
    ['\u001b[2J', '\\x1b[2J'],
    [Buffer.from([0x61, 0xff, 0x62]), 'a\\xffb'],
    [Buffer.from('a\0b\0'), 'a\\x00b'],
    [Buffer.from('no end'), 'no end'],
  ])('escapes in the prefix %j what is not text', (prefix, text) => {
    expect(lineOf({ prefix, payload: datagram })).toBe(
      `${text} IN= OUT= MAC= ${datagramText}MARK=0x0 `,
    );
  });

  test('keeps UTF-8 in the prefix', () => {
    const written = Buffer.from(lineOf({ prefix: 'zurück ✓', payload: datagram }), 'latin1');
    expect(written.toString('utf8')).toMatch(/^zurück ✓ IN= /);
  });

  test('escapes interface names, which may have any bytes', () => {
    expect(lineOf({ indev: 9, outdev: 77, payload: datagram })).toBe(
      `IN=z\\xff\\x1b" OUT= MAC= ${datagramText}MARK=0x0 `,
    );
  });

  test('shows at most 64 bytes of a link-layer header', () => {
    const packet = {
      payload: datagram,
      attributes: [attribute.hardwareHeader(Buffer.alloc(65, 1))],
    };
    expect(lineOf(packet)).toBe(
      `IN= OUT= MAC=${Array(64).fill('01').join(':')} ${datagramText}MARK=0x0 `,
    );
  });

  test('is one line whatever the kernel sends', () => {
    const bytes = fc.uint8Array({ maxLength: 200 });
    fc.assert(
      fc.property(
        bytes,
        bytes,
        bytes,
        fc.constantFrom(2, 3, 5, 7, 10),
        (prefix, payload, header, family) => {
          const attributes = [attribute.hardwareHeader(header)];
          const written = lineOf({ family, prefix, payload, attributes });
          const text = written.replace(/[\xc2-\xf4][\x80-\xbf]+/g, '');
          expect(text).toMatch(/^[\x20-\x7e]* $/);
        },
      ),
    );
  });
});

describe('TCP flags in a log line', () => {
  test('come in the order of the LOG target, without ECE and CWR', () => {
    const flags = ['cwr', 'ece', 'urg', 'ack', 'psh', 'rst', 'syn', 'fin'] as const;
    const segment = tcp({ sourcePort: 1, destinationPort: 2, flags });
    expect(lineOf({ payload: ipv4({ ...addresses }, segment) })).toContain(
      'WINDOW=65535 URG ACK PSH RST SYN FIN URGP=0 ',
    );
  });
});
