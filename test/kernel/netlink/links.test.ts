import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LinkTable, ReceiveLoop } from '../../../src/netlink/index.ts';
import { Namespace } from '../../support/namespace.ts';
import { title } from '../../support/requirements.ts';
import { Inside, requireEntry } from './inside.ts';

const missing = requireEntry();

const nameOf = (links: LinkTable, index: number): string | undefined =>
  links.bytes(index)?.toString();

describe.skipIf(missing)(title('LinkTable', missing), () => {
  let namespace: Namespace;
  let inside: Inside;
  let links: LinkTable;

  beforeEach(async () => {
    namespace = await Namespace.create();
    inside = new Inside(namespace);
    links = LinkTable.open();
  });

  afterEach(async () => {
    links.close();
    inside[Symbol.dispose]();
    await namespace[Symbol.asyncDispose]();
  });

  const ip = (...args: string[]): Promise<string> => namespace.exec('ip', ...args);
  const addBridge = (name: string, index: number): Promise<string> =>
    ip('link', 'add', 'name', name, 'index', String(index), 'type', 'bridge');

  test('knows the interfaces that were there before it, and no others', async () => {
    await addBridge('br0', 40);
    const later = LinkTable.open();
    expect([nameOf(later, 1), nameOf(later, 40), nameOf(later, 41), nameOf(later, 0)]).toEqual([
      'lo',
      'br0',
      undefined,
      undefined,
    ]);
    later.close();
  });

  test('finds the name of a brand-new interface without being told to update', async () => {
    const { revision } = links;
    await addBridge('br0', 40);
    expect(nameOf(links, 40)).toBe('br0');
    expect(links.revision).toBeGreaterThan(revision);
  });

  test('finds an interface that was looked up in vain before', async () => {
    expect(nameOf(links, 40)).toBeUndefined();
    await addBridge('br0', 40);
    links.update();
    expect(nameOf(links, 40)).toBe('br0');
  });

  test('asks the kernel once for an index that does not exist', () => {
    const before = { ...links.counters };
    for (let look = 0; look < 10; look++) expect(nameOf(links, 999)).toBeUndefined();
    expect(links.counters).toEqual(before);
    expect(links.revision).toBe(1);
  });

  test('follows a rename', async () => {
    await addBridge('br0', 40);
    expect(nameOf(links, 40)).toBe('br0');
    const { revision } = links;
    await ip('link', 'set', 'br0', 'name', 'outside');
    expect(links.update()).toBeGreaterThan(0);
    expect([nameOf(links, 40), links.revision]).toEqual(['outside', revision + 1]);
  });

  test('keeps the name of an interface that is gone until its index is used again', async () => {
    await addBridge('br0', 40);
    await ip('link', 'del', 'br0');
    links.update();
    expect(nameOf(links, 40)).toBe('br0');
    await addBridge('br1', 40);
    links.update();
    expect(nameOf(links, 40)).toBe('br1');
  });

  test('changes no revision when names stay', async () => {
    await addBridge('br0', 40);
    links.update();
    const { revision } = links;
    await ip('link', 'set', 'br0', 'mtu', '1400');
    expect(links.update()).toBeGreaterThan(0);
    expect(links.revision).toBe(revision);
  });

  test('keeps the bytes of a name that is not UTF-8', async () => {
    await namespace.exec('sh', '-c', 'ip link add "$(printf "a\\377\\376")" index 40 type bridge');
    expect(links.bytes(40)).toEqual(Buffer.from([0x61, 0xff, 0xfe]));
  });

  test('reads the list again after it has missed notifications', async () => {
    const changes = Array.from({ length: 2000 }, (_, n) => `link set lo mtu ${10_000 + n}`);
    const commands = [...changes, 'link add br0 index 40 type bridge', ''].join('\n');
    await namespace.exec('sh', '-c', 'printf %s "$1" | ip -batch -', 'sh', commands);
    links.update();
    expect(links.counters.overruns).toBeGreaterThan(0);
    const { datagrams } = links.counters;
    expect(nameOf(links, 40)).toBe('br0');
    expect(links.counters.datagrams).toBe(datagrams);
  });

  test('learns of changes in a ReceiveLoop', async () => {
    const loop = new ReceiveLoop({
      onError: (error) => {
        throw error;
      },
    });
    const learned = new Promise<void>((resolve) => {
      loop.add(links.fd, () => {
        const count = links.update();
        if (nameOf(links, 40)) resolve();
        return count;
      });
    });
    await addBridge('br0', 40);
    await learned;
    await loop.stop();
    expect(nameOf(links, 40)).toBe('br0');
  });
});
