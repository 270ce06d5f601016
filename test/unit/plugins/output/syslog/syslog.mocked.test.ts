import type { WorkerOptions } from 'node:worker_threads';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { syslog } from '../../../../../src/plugins/output/syslog/index.ts';
import { ipv4, udp } from '../../../../support/packets.ts';
import { fakeContext } from '../../fake-context.ts';
import { PacketPath } from '../../packet-path.ts';
import { FakeThread } from './fake-thread.ts';

const started = vi.hoisted(() => {
  const threads: { options: WorkerOptions; thread: unknown }[] = [];
  return threads;
});

vi.mock('node:worker_threads', async () => {
  const { FakeThread } = await import('./fake-thread.ts');
  return {
    Worker: class extends FakeThread {
      constructor(_program: URL, options: WorkerOptions) {
        super();
        started.push({ options, thread: this });
      }
    },
  };
});

const options = {
  syslog_facility: 'local3',
  syslog_level: 'warning',
  syslog_ident: 'gate',
} as const;
const path = new PacketPath(syslog.reads);

beforeEach(() => {
  started.length = 0;
});

function open() {
  const output = syslog.open(fakeContext(path.batch.columns, options));
  const { thread, options: threadOptions } = started[0] ?? {};
  if (!(thread instanceof FakeThread)) throw new Error('no thread was started');
  return { output, thread, threadOptions };
}

describe('SYSLOG', () => {
  test('starts a thread of its own, with its options', async () => {
    const { output, threadOptions } = open();
    expect(threadOptions).toEqual({
      workerData: { ident: 'gate', facility: 'local3', level: 'warning' },
      execArgv: [],
    });
    await output.close();
  });

  test('says the log line of each selected row, without time and host', async () => {
    const { output, thread } = open();
    const payload = ipv4(
      { source: '192.0.2.1', destination: '192.0.2.2' },
      udp({ sourcePort: 1, destinationPort: 2 }),
    );
    const batch = path.take({ prefix: 'zero:' }, { prefix: 'one' }, { prefix: '%s\n<0>', payload });
    batch.rows.set([2, 0]);
    batch.selected = 2;
    output.write(batch);
    await output.close();
    expect(thread.said).toEqual([
      '%s\\x0a<0> IN= OUT= MAC= SRC=192.0.2.1 DST=192.0.2.2 LEN=28 TOS=00 PREC=0x00 TTL=64 ID=0 PROTO=UDP SPT=1 DPT=2 LEN=8 MARK=0x0 ',
      'zero: IN= OUT= MAC= TRUNCATED MARK=0x0 ',
    ]);
    expect(output.counters).toEqual({ written: 2, dropped: 0, errors: 0 });
  });

  test.each(['specter', 'fw-in', 'firewall/7', 'x'.repeat(32)])('takes the ident %s', (ident) => {
    expect(syslog.check?.({ ...options, syslog_ident: ident })).toEqual([]);
  });

  test.each(['', 'a b', 'a:', 'a[1]', 'é', 'a\n', '\u001b', 'x'.repeat(33)])(
    'refuses the ident %j',
    (ident) => {
      const message = 'syslog_ident takes 1 to 32 printable ASCII characters, without blanks : [ ]';
      const problem = { option: 'syslog_ident', message };
      expect(syslog.check?.({ ...options, syslog_ident: ident })).toEqual([problem]);
    },
  );
});
