import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BlockSet } from '../../../src/daemon/block-set.ts';
import { ReceiveRing } from '../../../src/netlink/index.ts';
import { fakeHost, LoggedLines } from '../plugins/fake-context.ts';
import { ManualLoop } from '../plugins/source/fake-group.ts';
import { FakePlugins } from './fake-plugins.ts';

let plugins: FakePlugins;
let log: LoggedLines;
let loop: ManualLoop;
let blocks: BlockSet;

beforeEach(() => {
  plugins = new FakePlugins();
  log = new LoggedLines();
  loop = new ManualLoop();
  const services = {
    log: () => log,
    source: {
      host: fakeHost(),
      loop,
      ring: (slotSize: number) => new ReceiveRing({ slots: 1, slotSize }),
      receiveBuffer: 4096,
    },
    fail: (block: string, title: string, error: Error) => {
      log.lines.push(`fail: block ${block} ${title}: ${error.message}`);
    },
  };
  const logger = {
    debug: (message: string) => log.debug(message),
    info: (message: string) => log.info(message),
    notice: (message: string) => log.notice(message),
    error: (message: string) => log.error(message),
    fatal: (message: string) => log.error(message),
  };
  blocks = new BlockSet(services, logger);
});
afterEach(async () => {
  await loop.stop();
});

const { signal } = new AbortController();
const open = (text: string) => blocks.open(plugins.config(text).blocks, plugins, signal);
const change = (text: string) => blocks.change(plugins.config(text).blocks, plugins, signal);
/** The log since it was last taken. */
const logged = () => log.lines.splice(0);
const tagged = (group: number, tag: string) =>
  `${group} {\n  plugin DOUBLE\n  plugin SINK\n  tag ${tag}\n}\n`;

const both = `${tagged(5, 'five')}${tagged(6, 'six')}`;

describe('BlockSet, opening,', () => {
  test('binds each source after its plugins, and starts them all later', async () => {
    await open(both);
    expect(plugins.take()).toEqual([
      'open DOUBLE',
      'open SINKfive',
      'open source',
      'open DOUBLE',
      'open SINKsix',
      'open source',
    ]);
    expect(blocks.size).toBe(2);
    blocks.start();
    expect(plugins.take()).toEqual(['source start', 'source start']);
  });

  test('opens all or none', async () => {
    plugins.failing.add('open SINKsix');
    await expect(open(both)).rejects.toThrow('block 6: SINK: open SINKsix failed');
    expect(plugins.take()).toEqual([
      'open DOUBLE',
      'open SINKfive',
      'open source',
      'open DOUBLE',
      'close DOUBLE',
      'source close',
      'close DOUBLE',
      'close SINKfive',
    ]);
    expect(blocks.size).toBe(0);
  });

  test('closes the plugins of a block whose source cannot be bound', async () => {
    plugins.failing.add('open source');
    await expect(open(tagged(5, 'five'))).rejects.toThrow('block 5: open source failed');
    expect(plugins.take()).toEqual([
      'open DOUBLE',
      'open SINKfive',
      'close DOUBLE',
      'close SINKfive',
    ]);
  });
});

describe('BlockSet, changing,', () => {
  beforeEach(async () => {
    await open(both);
    blocks.start();
    plugins.take();
  });

  test('leaves a block that is the same untouched', async () => {
    expect(await change(`# moved\n\n${tagged(6, 'six')}${tagged(5, 'five')}`)).toBe(0);
    expect([plugins.take(), logged()]).toEqual([[], []]);
  });

  test('exchanges the plugins of a block under its source', async () => {
    const [source] = plugins.sources;
    source?.emit(1, 2);
    expect(await change(both.replace('five', 'new'))).toBe(0);
    source?.emit(3);
    expect(plugins.take()).toEqual([
      'DOUBLE',
      'SINKfive 1:2 2:4',
      'open DOUBLE',
      'open SINKnew',
      'close DOUBLE',
      'close SINKfive',
      'DOUBLE',
      'SINKnew 3:6',
    ]);
    expect(logged()).toEqual(['notice: block 5: changed']);
    expect(blocks.statistics()[0]).toEqual({
      block: '5',
      source: { received: 3, lost: 0, overruns: 0, malformed: 0 },
      decoded: 3,
      stages: [{ title: 'SINK', counts: { written: 3, dropped: 0, errors: 0 } }],
    });
  });

  test('changes the options of a source that runs on', async () => {
    expect(await change(both.replace('plugin DOUBLE', 'speed 7\n  plugin DOUBLE'))).toBe(0);
    expect(plugins.take()).toEqual([
      'open DOUBLE',
      'open SINKfive',
      'source reconfigure {"group":5,"speed":7}',
      'close DOUBLE',
      'close SINKfive',
    ]);
  });

  test('goes on as before with a block that cannot be changed', async () => {
    plugins.failing.add('source reconfigure {"group":5,"speed":7}');
    const text = both.replace('plugin DOUBLE', 'speed 7\n  plugin DOUBLE').replace('six', 'SIX');
    expect(await change(text)).toBe(1);
    expect(logged()).toEqual([
      'error: block 5: source reconfigure {"group":5,"speed":7} failed; it runs on as before',
      'notice: block 6: changed',
    ]);
    plugins.take();
    plugins.sources[0]?.emit(1);
    expect(plugins.take()).toEqual(['DOUBLE', 'SINKfive 1:2']);
    plugins.failing.clear();
    expect(await change(text)).toBe(0);
    expect(logged()).toEqual(['notice: block 5: changed']);
  });

  test('goes on as before with a block whose new plugins cannot be opened', async () => {
    plugins.failing.add('open SINKnew');
    expect(await change(both.replace('five', 'new'))).toBe(1);
    expect(plugins.take()).toEqual(['open DOUBLE', 'close DOUBLE']);
    plugins.sources[0]?.emit(1);
    expect(plugins.take()).toEqual(['DOUBLE', 'SINKfive 1:2']);
  });

  test('adds blocks and then removes others', async () => {
    expect(await change(`${tagged(5, 'five')}${tagged(7, 'seven')}`)).toBe(0);
    expect(plugins.take()).toEqual([
      'open DOUBLE',
      'open SINKseven',
      'open source',
      'source start',
      'source close',
      'close DOUBLE',
      'close SINKsix',
    ]);
    expect(logged()).toEqual([
      'notice: block 7: added',
      'notice: block 6: received 0, decoded 0, lost 0, overruns 0, malformed 0',
      'notice: block 6 SINK: written 0, dropped 0, errors 0',
      'notice: block 6: removed',
    ]);
  });

  test('says of a block that cannot be added that it does not run', async () => {
    plugins.failing.add('open SINKseven');
    expect(await change(`${both}${tagged(7, 'seven')}`)).toBe(1);
    expect(logged()).toEqual(['error: block 7: SINK: open SINKseven failed; it does not run']);
    expect(blocks.size).toBe(2);
  });

  test('replaces a named block that goes over to another group', async () => {
    const web = (group: number) => `web {\n  group ${group}\n  plugin SINK\n}\n`;
    await change(`${both}${web(8)}`);
    const third = plugins.sources[2];
    third?.emit(1);
    plugins.take();
    logged();
    expect(await change(`${both}${web(9)}`)).toBe(0);
    expect(plugins.take()).toEqual([
      'open SINK',
      'open source',
      'source start',
      'source close',
      'close SINK',
    ]);
    expect(logged()).toEqual([
      'notice: block web: replaced',
      'notice: block web: received 1, decoded 1, lost 0, overruns 0, malformed 0',
      'notice: block web SINK: written 1, dropped 0, errors 0',
    ]);
    expect(blocks.statistics()[2]).toMatchObject({ block: 'web', decoded: 0 });
  });

  test('keeps the source of a block that is renamed', async () => {
    plugins.sources[0]?.emit(1);
    plugins.take();
    logged();
    expect(await change(`web {\n  group 5\n  plugin SINK\n}\n${tagged(6, 'six')}`)).toBe(0);
    expect(plugins.take()).not.toContain('open source');
    expect(blocks.statistics().map(({ block }) => block)).toEqual(['web', '6']);
    plugins.sources[0]?.emit(2);
    expect(plugins.take()).toEqual(['SINK 2']);
  });

  test('keeps a source waiting until the plugin that holds it is closed', async () => {
    await change('5 {\n  plugin HOLDER\n}\n');
    plugins.sources[0]?.emit(1);
    plugins.take();
    await change(tagged(5, 'five'));
    expect(plugins.take()).toEqual([
      'open DOUBLE',
      'open SINKfive',
      'close HOLDER',
      'source release',
    ]);
  });

  test('lets blocks swap their sources', async () => {
    const named = (a: number, b: number) =>
      `a {\n  group ${a}\n  plugin SINK\n}\nb {\n  group ${b}\n  plugin SINK2\n}\n`;
    await change(named(1, 2));
    const [, , first, second] = plugins.sources;
    plugins.take();
    logged();
    expect(await change(named(2, 1))).toBe(0);
    expect(plugins.take()).not.toContain('open source');
    first?.emit(1);
    second?.emit(2);
    expect(plugins.take()).toEqual(['SINK2 1', 'SINK 2']);
  });
});

describe('BlockSet, closing,', () => {
  test('lets each source deliver before its plugins close, and logs what was counted', async () => {
    await open(both);
    blocks.start();
    plugins.sources[1]?.emit(1, 2);
    plugins.take();
    await blocks.close();
    expect(plugins.take()).toEqual([
      'source close',
      'source close',
      'close DOUBLE',
      'close SINKfive',
      'close DOUBLE',
      'close SINKsix',
    ]);
    expect(logged()).toEqual([
      'notice: block 5: received 0, decoded 0, lost 0, overruns 0, malformed 0',
      'notice: block 5 SINK: written 0, dropped 0, errors 0',
      'notice: block 6: received 2, decoded 2, lost 0, overruns 0, malformed 0',
      'notice: block 6 SINK: written 2, dropped 0, errors 0',
    ]);
    expect(blocks.size).toBe(0);
  });

  test('closes the plugins of a source that fails to close, and says why it did', async () => {
    await open(tagged(5, 'five'));
    plugins.take();
    plugins.failing.add('source close');
    await blocks.close();
    expect(plugins.take()).toEqual(['close DOUBLE', 'close SINKfive']);
    expect(logged()[0]).toBe('error: block 5: source close failed');
  });

  test('lets a source that a plugin holds deliver', async () => {
    await open('5 {\n  plugin HOLDER\n}\n');
    plugins.sources[0]?.emit(1);
    plugins.take();
    await blocks.close();
    expect(plugins.take()).toEqual(['source release', 'source close', 'close HOLDER']);
  });

  test('attributes failures to block and plugin', async () => {
    await open(tagged(5, 'five').replace('plugin DOUBLE\n', ''));
    plugins.sources[0]?.emit(13);
    expect(logged()).toEqual(['fail: block 5 SINK: unlucky']);
  });

  test('reopens the files of all blocks', async () => {
    await open(both);
    plugins.take();
    blocks.reopen();
    expect(plugins.take()).toEqual(['reopen SINKfive', 'reopen SINKsix']);
  });
});
