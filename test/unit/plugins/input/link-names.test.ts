import { describe, expect, test } from 'vitest';
import { FakeLinks } from '../fake-context.ts';
import { attribute, PacketPath } from '../packet-path.ts';

describe('BASE names interfaces', () => {
  const keys = ['oob.in', 'oob.out', 'oob.physin', 'oob.physout'];
  const names = (path: PacketPath, row = 0) => keys.map((name) => path.row(row)[name]);

  test('by index, all four', () => {
    const links = new FakeLinks({ 2: 'br0', 3: 'br1', 4: 'eth0', 5: 'a-name-of-15-by' });
    const path = new PacketPath(keys, { links });
    const attributes = [attribute.physicalIndev(4), attribute.physicalOutdev(5)];
    path.take({ indev: 2, outdev: 3, attributes }, { outdev: 2 });
    expect(names(path)).toEqual(['br0', 'br1', 'eth0', 'a-name-of-15-by']);
    expect(names(path, 1)).toEqual([undefined, 'br0', undefined, undefined]);
  });

  test('asking once for each, until a name changes', () => {
    const links = new FakeLinks({ 2: 'eth0', 3: 'eth1' });
    const path = new PacketPath(keys, { links });
    path.take({ indev: 2, outdev: 3 }, { indev: 3, outdev: 2 });
    path.take({ indev: 2 });
    expect(links.asked).toEqual([2, 3]);
    links.rename(2, 'wan');
    path.take({ indev: 2, outdev: 3 });
    expect(names(path).slice(0, 2)).toEqual(['wan', 'eth1']);
    expect(links.asked).toEqual([2, 3, 2, 3]);
  });

  test('not without a name, and asks again the next time', () => {
    const links = new FakeLinks();
    const path = new PacketPath(keys, { links });
    path.take({ indev: 7 });
    expect(names(path)[0]).toBeUndefined();
    links.rename(7, 'late');
    path.take({ indev: 7 });
    expect(names(path)[0]).toBe('late');
  });

  test('with a look-up that itself finds out that names have changed', () => {
    class Discovering extends FakeLinks {
      override bytes(index: number): Uint8Array | undefined {
        if (index === 3 && this.revision === 0) this.rename(2, 'new');
        return super.bytes(index);
      }
    }
    const path = new PacketPath(keys, { links: new Discovering({ 2: 'old', 3: 'eth1' }) });
    path.take({ indev: 2 }, { indev: 3 });
    expect([names(path, 0)[0], names(path, 1)[0]]).toEqual(['old', 'eth1']);
    path.take({ indev: 2 });
    expect(names(path)[0]).toBe('new');
  });

  test('of more interfaces than it keeps names of', () => {
    const all = Object.fromEntries(
      Array.from({ length: 1000 }, (_, i) => [
        i + 1,
        `interface-${String(i + 1).padStart(5, '0')}`,
      ]),
    );
    const path = new PacketPath(keys, { links: new FakeLinks(all), capacity: 4 });
    for (let index = 1; index + 15 <= 1000; index += 16) {
      const packets = [0, 4, 8, 12].map((i) => ({
        indev: index + i,
        outdev: index + i + 1,
        attributes: [
          attribute.physicalIndev(index + i + 2),
          attribute.physicalOutdev(index + i + 3),
        ],
      }));
      path.take(...packets);
      const found = [0, 1, 2, 3].flatMap((row) => names(path, row));
      expect(found).toEqual(Array.from({ length: 16 }, (_, i) => all[index + i]));
    }
  });
});
