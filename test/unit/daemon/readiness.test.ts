import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Readiness } from '../../../src/daemon/readiness.ts';
import { canReceiveDatagrams, receiveDatagrams } from '../../fixtures/daemon/datagrams.ts';

const suffix = canReceiveDatagrams ? '' : ' (skipped: install python3)';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'specter-notify-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const unexpected = (error: Error): void => {
  throw error;
};

describe.runIf(canReceiveDatagrams)(`datagrams${suffix}`, () => {
  async function messages(socket: string, send: (readiness: Readiness) => void): Promise<string[]> {
    const receiver = await receiveDatagrams(socket);
    try {
      send(new Readiness(socket, unexpected));
      new Readiness(socket, unexpected).status('end');
      const received: string[] = [];
      for (;;) {
        const message = await receiver.next();
        if (message === 'STATUS=end') return received;
        received.push(message);
      }
    } finally {
      await receiver.close();
    }
  }

  const everything = (readiness: Readiness): void => {
    readiness.ready();
    readiness.status('3 blocks\nREADY=0');
    readiness.stopping();
  };
  const expected = ['READY=1', 'STATUS=3 blocks READY=0', 'STOPPING=1'];

  test('to a path', async () => {
    expect(await messages(join(folder, 'notify'), everything)).toEqual(expected);
  });

  test('to an abstract address', async () => {
    expect(await messages(`@specter-test-${process.pid}`, everything)).toEqual(expected);
  });

  test('a reload carries the time of the monotonic clock in microseconds', async () => {
    const before = process.hrtime.bigint() / 1000n;
    const [message = ''] = await messages(join(folder, 'notify'), (readiness) =>
      readiness.reloading(),
    );
    const after = process.hrtime.bigint() / 1000n;
    const [, digits = ''] = /^RELOADING=1\nMONOTONIC_USEC=(\d+)$/.exec(message) ?? [];
    expect(BigInt(digits)).toBeGreaterThanOrEqual(before);
    expect(BigInt(digits)).toBeLessThanOrEqual(after);
  });
});

describe('fromEnvironment', () => {
  test('removes the variable', () => {
    const environment = { NOTIFY_SOCKET: join(folder, 'nobody-here'), PATH: '/bin' };
    Readiness.fromEnvironment(unexpected, environment);
    expect(environment).toEqual({ PATH: '/bin' });
  });

  test.each([{}, { NOTIFY_SOCKET: '' }])('%j: nothing is sent', (environment) => {
    Readiness.fromEnvironment(unexpected, environment).ready();
  });
});

describe('a manager that does not answer is reported, not thrown', () => {
  function errorOf(socket: string): string | undefined {
    let message: string | undefined;
    new Readiness(socket, (error) => {
      message = error.message;
    }).ready();
    return message;
  }

  test('no socket', () => {
    const socket = join(folder, 'nobody-here');
    expect(errorOf(socket)).toBe(`sendto ${socket}: no such file or directory (ENOENT)`);
  });

  test('a name longer than sun_path', () => {
    const socket = `/${'x'.repeat(200)}`;
    expect(errorOf(socket)).toBe(`sendto ${socket}: name too long (ENAMETOOLONG)`);
  });
});
