import { afterEach, describe, expect, test } from 'vitest';
import { type SignalHandlers, SignalInbox } from '../../../src/daemon/signals.ts';
import { fixtureCommand, type RunningFixture, start } from '../../fixtures/daemon/start.ts';

function recorder(): { calls: string[]; handlers: SignalHandlers } {
  const calls: string[] = [];
  return {
    calls,
    handlers: {
      reopen: () => calls.push('reopen'),
      reload: () => calls.push('reload'),
      statistics: () => calls.push('statistics'),
      stop: (signal) => calls.push(`stop ${signal}`),
    },
  };
}

describe('SignalInbox', () => {
  test('remembers what arrives before the handlers, each kind once, in order', () => {
    const { calls, handlers } = recorder();
    const inbox = new SignalInbox();
    for (const signal of ['SIGUSR1', 'SIGHUP', 'SIGUSR1', 'SIGTERM'] as const) {
      inbox.receive(signal);
    }
    inbox.deliver(handlers);
    expect(calls).toEqual(['reload', 'reopen', 'stop SIGTERM']);
    inbox.deliver(handlers);
    expect(calls).toHaveLength(3);
  });

  test('delivers everything once there are handlers', () => {
    const { calls, handlers } = recorder();
    const inbox = new SignalInbox();
    inbox.deliver(handlers);
    for (const signal of ['SIGHUP', 'SIGUSR1', 'SIGUSR1', 'SIGUSR2', 'SIGINT'] as const) {
      inbox.receive(signal);
    }
    expect(calls).toEqual(['reopen', 'reload', 'reload', 'statistics', 'stop SIGINT']);
  });

  test('asks to stop at the first SIGTERM or SIGINT, handlers or not', () => {
    const inbox = new SignalInbox();
    inbox.receive('SIGHUP');
    expect(inbox.stopRequest.aborted).toBe(false);
    inbox.receive('SIGINT');
    expect(inbox.stopRequest.reason).toEqual(new Error('SIGINT: stopped before it was ready'));
    const { calls, handlers } = recorder();
    inbox.deliver(handlers);
    expect(calls).toEqual(['reopen', 'stop SIGINT']);
  });
});

describe('a process', () => {
  let fixture: RunningFixture;
  afterEach(async () => {
    fixture.child.kill('SIGKILL');
    await fixture.ended;
  });

  async function installed(): Promise<void> {
    fixture = start(fixtureCommand('signals'));
    expect(await fixture.nextLine()).toBe('installed');
  }

  async function send(signal: NodeJS.Signals, ...lines: string[]): Promise<void> {
    fixture.child.kill(signal);
    for (const line of lines) expect(await fixture.nextLine()).toBe(line);
  }

  test('acts on signals from before and after its handlers', async () => {
    await installed();
    await send('SIGUSR1', 'arrived SIGUSR1');
    await send('SIGTERM', 'arrived SIGTERM');
    fixture.say('deliver');
    for (const line of ['reload', 'stop SIGTERM', 'delivered']) {
      expect(await fixture.nextLine()).toBe(line);
    }
    await send('SIGHUP', 'reopen', 'arrived SIGHUP');
    await send('SIGUSR2', 'statistics', 'arrived SIGUSR2');
  });

  test('survives SIGPIPE', async () => {
    await installed();
    fixture.child.kill('SIGPIPE');
    await send('SIGHUP', 'arrived SIGHUP');
  });

  test.each([
    ['SIGTERM', 'SIGTERM', 143],
    ['SIGTERM', 'SIGINT', 130],
    ['SIGINT', 'SIGTERM', 143],
  ] as const)('%s, then %s: exits at once', async (first, second, code) => {
    await installed();
    await send(first, `arrived ${first}`);
    await send(second);
    expect(await fixture.ended).toEqual({ code, signal: null, stderr: '' });
  });
});
