import { describe, expect, test } from 'vitest';
import { Exec, exec } from '../../../../../src/plugins/output/exec/index.ts';
import type { Invocation } from '../../../../../src/plugins/output/exec/invocation.ts';
import type { ExecValues } from '../../../../../src/plugins/output/exec/options.ts';
import type { CommandEnd, OnCommandEnd } from '../../../../../src/plugins/output/exec/process.ts';
import { ipv4, udp } from '../../../../support/packets.ts';
import { type FakeContext, fakeContext, fakeHost } from '../../fake-context.ts';
import { PacketPath } from '../../packet-path.ts';

const defaults: ExecValues = {
  execstr: '/bin/echo %S',
  execthen: undefined,
  execforce: false,
  execwait: false,
  execmax: 4,
  execqueue: 1000,
  exectimeout: 30_000,
  execonce: undefined,
  execdelay: 0,
  execuser: undefined,
  execenv: undefined,
};

const success: CommandEnd = {
  code: 0,
  signal: undefined,
  timedOut: false,
  duration: 12.3,
  output: new Uint8Array(0),
  more: 0,
};

/** The plugin with commands that end when the test says so. */
class Bench {
  readonly path: PacketPath;
  readonly context: FakeContext<ExecValues>;
  readonly output: Exec;
  readonly failures: Error[] = [];
  readonly started: Invocation[] = [];
  readonly #ends: OnCommandEnd[] = [];
  #arrived: (() => void) | undefined;

  constructor(values: Partial<ExecValues> = {}) {
    const options = { ...defaults, ...values };
    this.path = new PacketPath(exec.readsOf?.(options).map(({ key }) => key) ?? []);
    this.context = fakeContext(this.path.batch.columns, options, {
      fail: (error) => this.failures.push(error),
    });
    this.output = new Exec(this.context, (invocation, onEnd) => {
      this.started.push(invocation);
      this.#ends.push(onEnd);
      this.#arrived?.();
      return { terminate: () => {} };
    });
  }

  /** One row for each last byte of the source address, at a second; `undefined`: not IP. */
  send(sources: readonly (number | undefined)[], second = 1000): void {
    const packets = sources.map((last) => ({
      timestamp: { sec: BigInt(second), usec: 0n },
      payload:
        last === undefined
          ? Buffer.alloc(0)
          : ipv4(
              { source: `192.0.2.${last}`, destination: '192.0.2.99' },
              udp({ sourcePort: 1, destinationPort: 2 }),
            ),
    }));
    this.output.write(this.path.take(...packets));
  }

  /** Waits until so many commands have been started. */
  async start(count: number): Promise<void> {
    while (this.started.length < count) {
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
    }
  }

  end(index: number, end: Partial<CommandEnd> | Error): void {
    this.#ends[index]?.(end instanceof Error ? end : { ...success, ...end });
  }

  get arguments(): string[] {
    return this.started.map(({ argv }) => argv.slice(1).join(' '));
  }
}

describe('EXEC', () => {
  test('counts what becomes of each row', async () => {
    const bench = new Bench({ execmax: 2, execqueue: 1 });
    bench.send([1, undefined, 2, 3, 4]);
    expect(bench.output.counters).toEqual({ written: 0, dropped: 2, errors: 0 });
    await bench.start(2);
    expect(bench.arguments).toEqual(['192.0.2.1', '192.0.2.2']);
    expect(bench.output.details()).toMatchObject({
      started: 2,
      running: 2,
      waiting: 1,
      delayed: 0,
    });
    bench.end(0, {});
    await bench.start(3);
    bench.end(1, { code: 1, output: Buffer.from('no\nrule \xff\n', 'latin1') });
    bench.end(2, { code: undefined, signal: 'SIGKILL', timedOut: true, more: 9 });
    expect(bench.output.counters).toEqual({ written: 3, dropped: 2, errors: 2 });
    expect(bench.output.details()).toEqual({
      started: 3,
      running: 0,
      waiting: 0,
      delayed: 0,
      followed: 0,
      'not followed': 0,
      suppressed: 0,
      'not started': 0,
      failed: 1,
      'timed out': 1,
      forgotten: 0,
    });
    expect(bench.context.log.lines).toEqual([
      'counted: records skipped: they lack a value that the command names: 1',
      'counted: records dropped: execqueue is full: 1',
      'info: /bin/echo 192.0.2.1: exit code 0 after 12 ms',
      'error: /bin/echo 192.0.2.2: exit code 1 after 12 ms; output: no\nrule \\xff',
      'error: /bin/echo 192.0.2.3: ran for longer than exectimeout, ended by signal SIGKILL after 12 ms; output: … 9 bytes more',
    ]);
    await bench.output.close();
  });

  test('logs the first failures of a second in full and counts the others', async () => {
    const bench = new Bench({ execmax: 10 });
    bench.send([1, 2, 3, 4, 5, 6, 7]);
    await bench.start(7);
    for (let index = 0; index < 7; index++) bench.end(index, { code: 2 });
    const lines = bench.context.log.lines.map((line) => line.split(' 192')[0]);
    expect(lines).toEqual([
      ...Array(5).fill('error: /bin/echo'),
      ...Array(2).fill('counted: commands that failed, beyond those logged: 1'),
    ]);
  });

  test('tells what keeps a command from starting, and bears what will pass', async () => {
    const bench = new Bench();
    bench.send([1, 2]);
    await bench.start(2);
    const error = (code: string) => Object.assign(new Error(`spawn /bin/echo ${code}`), { code });
    bench.end(0, error('EAGAIN'));
    expect(bench.failures).toEqual([]);
    bench.end(1, error('ENOENT'));
    expect(bench.failures.map(({ message }) => message)).toEqual([
      'cannot start /bin/echo: spawn /bin/echo ENOENT',
    ]);
    expect(bench.output.counters).toEqual({ written: 0, dropped: 2, errors: 2 });
    expect(bench.output.details()).toMatchObject({ 'not started': 2, started: 0 });
    expect(bench.context.log.lines).toEqual([
      'counted: commands not started: spawn /bin/echo EAGAIN: 1',
    ]);
  });

  test('runs once for the same values within the time, by the clock of the packets', async () => {
    const bench = new Bench({ execonce: ['ip.saddr', '10s'] });
    bench.send([1, 1, 2], 1000);
    bench.send([1], 1009);
    bench.send([1], 1010);
    // Time that goes backwards counts as none passing; from there on it passes again.
    bench.send([1], 500);
    bench.send([1], 509);
    bench.send([1], 510);
    bench.send([undefined], 511);
    await bench.start(4);
    expect(bench.arguments).toEqual(['192.0.2.1', '192.0.2.2', '192.0.2.1', '192.0.2.1']);
    expect(bench.output.details()).toMatchObject({ suppressed: 4 });
    expect(bench.output.counters.dropped).toBe(1);
  });

  test('does not count a row that was dropped as the one run of its values', async () => {
    const bench = new Bench({ execonce: ['ip.saddr', '1h'], execmax: 1, execqueue: 0 });
    bench.send([1, 2]);
    await bench.start(1);
    bench.end(0, {});
    bench.send([2, 1]);
    await bench.start(2);
    expect(bench.arguments).toEqual(['192.0.2.1', '192.0.2.2']);
  });

  test('runs a command and, when it has ended, the one that undoes it', async () => {
    const bench = new Bench({ execthen: '/bin/echo undo %S %d' });
    bench.send([1]);
    await bench.start(1);
    bench.end(0, {});
    await bench.start(2);
    expect(bench.arguments).toEqual(['192.0.2.1', 'undo 192.0.2.1 2']);
    expect(bench.output.counters).toEqual({ written: 1, dropped: 0, errors: 0 });
    bench.end(1, { code: 1 });
    expect(bench.output.counters).toEqual({ written: 1, dropped: 0, errors: 1 });
    expect(bench.output.details()).toMatchObject({ started: 2, followed: 1, failed: 1 });
  });

  test('does nothing that it could not undo', async () => {
    const bench = new Bench({ execthen: '/bin/echo %i' });
    bench.send([1]);
    await bench.output.close();
    expect([bench.started, bench.output.counters.dropped]).toEqual([[], 1]);
  });

  test('tells of each command that undoes something and cannot be started', async () => {
    const bench = new Bench({ execthen: '/bin/echo %S' });
    bench.send([1]);
    await bench.start(1);
    bench.end(0, {});
    await bench.start(2);
    bench.end(1, new Error('gone'));
    expect(bench.output.counters).toEqual({ written: 1, dropped: 0, errors: 1 });
    expect(bench.output.details()).toMatchObject({ 'not started': 1, 'not followed': 1 });
    expect(bench.failures.map(({ message }) => message)).toEqual(['cannot start /bin/echo: gone']);
    expect(bench.context.log.lines.at(-1)).toBe(
      'error: /bin/echo 192.0.2.1: cannot be started: nothing is undone',
    );
  });

  test('tries again to undo something when that could not be started for want of something', async () => {
    const bench = new Bench({ execthen: '/bin/echo %S' });
    bench.send([1]);
    await bench.start(1);
    bench.end(0, {});
    await bench.start(2);
    bench.end(1, Object.assign(new Error('spawn EAGAIN'), { code: 'EAGAIN' }));
    expect(bench.failures).toEqual([]);
    expect(bench.output.details()).toMatchObject({ delayed: 1, 'not followed': 0 });
    expect(bench.context.log.lines.at(-1)).toBe(
      'counted: commands of execthen not started, to be tried again: spawn EAGAIN: 1',
    );
    const closing = bench.output.close();
    await bench.start(3);
    bench.end(2, {});
    await closing;
    expect(bench.output.counters).toEqual({ written: 1, dropped: 0, errors: 1 });
    expect(bench.output.details()).toMatchObject({ delayed: 0, followed: 1, 'not started': 1 });
  });

  test('closes no earlier than its commands may end', () => {
    expect(new Bench({ exectimeout: 5000 }).output.closeTimeout).toBe(16_000);
  });

  test('runs commands as somebody else only where specter is root', () => {
    const { columns } = new PacketPath(['ip.saddr']).batch;
    const options = { ...defaults, execuser: 'root' };
    const open = (uid: number) =>
      exec.open(fakeContext(columns, options, { host: fakeHost({ uid }) }));
    expect(() => open(1234)).toThrow(
      'execuser root: only root can run commands as somebody else, and specter is user 1234; ' +
        'leave out execuser, or the global option user',
    );
    expect(open(0)).toBeInstanceOf(Exec);
  });
});

describe("EXEC's options", () => {
  const check = (values: Partial<ExecValues>) => exec.check?.({ ...defaults, ...values });

  test('are checked where they say something wrong', () => {
    expect(check({})).toEqual([]);
    expect(check({ execonce: ['ip.saddr', 'tcp.dport', '1m'] })).toEqual([]);
    expect(check({ execonce: ['ip.saddr'] })).toEqual([
      {
        option: 'execonce',
        item: 0,
        message:
          'option "execonce" ends with a time: it takes a duration such as 500ms, 30s, 5m or 1h, not "ip.saddr"',
      },
    ]);
    expect(check({ execonce: ['10s'] })).toMatchObject([{ option: 'execonce', item: 0 }]);
    expect(check({ execonce: ['ip.saddr', '0s'] })).toMatchObject([
      { option: 'execonce', item: 1 },
    ]);
    expect(check({ execdelay: 1, execqueue: 0 })).toMatchObject([{ option: 'execqueue' }]);
    expect(check({ execuser: '0' })).toEqual([]);
    expect(check({ execuser: 'no such user' })).toEqual([
      { option: 'execuser', message: 'there is no user no such user' },
    ]);
    expect(check({ execstr: 'sh %x "' })).toMatchObject([
      { option: 'execstr', offset: 6, length: 1 },
      { option: 'execstr', offset: 3, length: 2 },
      { option: 'execstr', offset: 0, length: 2 },
    ]);
  });

  test('name the keys that are read', () => {
    const reads = exec.readsOf?.({
      ...defaults,
      execstr: '/bin/echo %s %{tcp.flags}',
      execonce: ['ip.saddr', '10s'],
      execenv: ['oob.in'],
    });
    const port = { option: 'execstr', offset: 10, length: 2 };
    expect(reads).toEqual([
      { key: 'tcp.sport', ...port },
      { key: 'udp.sport', optional: true, ...port },
      { key: 'sctp.sport', optional: true, ...port },
      { key: 'tcp.flags', option: 'execstr', offset: 13, length: 12 },
      { key: 'ip.saddr', option: 'execonce', item: 0 },
      { key: 'oob.time.sec', option: 'execonce' },
      { key: 'oob.time.usec', option: 'execonce' },
      { key: 'oob.in', option: 'execenv', item: 0 },
    ]);
  });
});
