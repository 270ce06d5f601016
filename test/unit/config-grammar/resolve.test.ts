import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  type BlockConfig,
  type Catalogue,
  type Config,
  parseConfig,
  resolveConfig,
  typedValues,
} from '../../../src/config-grammar/index.ts';
import { catalogue, execOptions, logemuOptions, paths, resolve } from './catalogue.ts';

/** The config of a text that has no errors. */
function configOf(text: string): Config {
  const { config, diagnostics } = resolve(text);
  expect(diagnostics).toEqual([]);
  if (!config) throw new Error('no config');
  return config;
}

/** The only live block of a text. */
function blockOf(text: string): BlockConfig {
  const [block, second] = configOf(text).blocks;
  expect(second).toBeUndefined();
  if (!block) throw new Error('no block');
  return block;
}

/** `NAME/instance` and values of each plugin. */
const stagesOf = (text: string) =>
  blockOf(text).plugins.map(({ schema, instance, options }) => ({
    title: `${schema.name}/${instance}`,
    values: options.values,
  }));

describe('a valid config', () => {
  it('has defaults for what is not given', () => {
    const config = configOf('5 {\n plugin BASE\n plugin LOGEMU\n}');
    expect(config.file).toBe('t.conf');
    expect(config.global.values).toEqual({
      errignore: false,
      logfile: undefined,
      loglevel: 3,
      rmem: 8 * 2 ** 20,
    });
    const [block] = config.blocks;
    expect(block?.name).toBe('5');
    expect(block?.options.values).toEqual({ label: undefined });
    expect(block?.source.schema.name).toBe('nflog');
    expect(block?.source.options.values).toEqual({ group: 5, snaplen: 0 });
    expect(block?.plugins.map(({ options }) => options.values)).toEqual([
      {},
      { logemufile: '/var/log/specter.logemu', logemusync: false },
    ]);
  });

  it('hands each flat option to its owner', () => {
    const block = blockOf(
      '5 {\n plugin LOGEMU\n snaplen 128\n label 7\n file stdout\n logemusync yes\n plugin BASE\n}',
    );
    expect(block.options.values).toEqual({ label: 7 });
    expect(block.source.options.values).toEqual({ group: 5, snaplen: 128 });
    expect(block.plugins[0]?.options.values).toEqual({ logemufile: 'stdout', logemusync: true });
  });

  it('gives each section its own instance', () => {
    const text = '5 {\n:EXEC one\nexecstr /a %S  "b"\n:EXEC two\nexecstr /b\nexecwait\n}';
    expect(stagesOf(text)).toEqual([
      {
        title: 'EXEC/one',
        values: { execstr: '/a %S  "b"', execwait: false, exectimeout: 10_000 },
      },
      { title: 'EXEC/two', values: { execstr: '/b', execwait: true, exectimeout: 10_000 } },
    ]);
  });

  it('names plugins in any case, by path, through "plugins", and as modules', () => {
    const text = `plugins {
  log /usr/lib/specter/specter_logemu.so
}
5 {
  plugin base
  plugin Log
  plugin ./mine.js
  topic x
}
`;
    expect(stagesOf(text).map(({ title }) => title)).toEqual(['BASE/', 'LOGEMU/', 'mine/']);
  });

  it('feeds a named block by its source and group', () => {
    const block = blockOf('web {\n source NFLOG\n group 7\n plugin OPRINT\n}');
    expect(block.name).toBe('web');
    expect(block.source.options.values).toEqual({ group: 7, snaplen: 0 });
  });

  it('lets the same group number be used by two sources', () => {
    const { blocks } = configOf(
      '5 {\n plugin OPRINT\n}\nu {\n source ulog\n group 5\n plugin OPRINT\n}',
    );
    expect(blocks.map(({ source }) => source.schema.name)).toEqual(['nflog', 'ulog']);
  });

  it('counts keys of the source, wildcards included', () => {
    blockOf('c {\n source conntrack\n :LOGEMU\n}');
  });
});

describe('include', () => {
  it('puts the included plugins first and lets own options win', () => {
    const text = `common {
  plugin BASE
  plugin LOGEMU
  logemufile /tmp/common
  logemusync
  label 1
}
5 {
  label 2
  include common
  plugin OPRINT
  logemufile /tmp/own
}
`;
    const block = blockOf(text);
    expect(block.options.values).toEqual({ label: 2 });
    expect(block.plugins.map(({ schema }) => schema.name)).toEqual(['BASE', 'LOGEMU', 'OPRINT']);
    expect(block.plugins[1]?.options.values).toEqual({
      logemufile: '/tmp/own',
      logemusync: true,
    });
  });

  it('goes through templates of templates, each once', () => {
    const text = `a {
  :BASE
}
b {
  include a
  :EXEC one
  execstr /b
}
c {
  include a
  :EXEC one
  execstr /c
}
5 {
  include b
  include c
  :EXEC two
  execstr /two
}
`;
    expect(stagesOf(text)).toMatchObject([
      { title: 'BASE/' },
      { title: 'EXEC/one', values: { execstr: '/c' } },
      { title: 'EXEC/two', values: { execstr: '/two' } },
    ]);
  });

  it('takes the number of a block for its group, whatever is included', () => {
    const { blocks } = configOf('t {\n group 9\n plugin OPRINT\n}\n5 {\n include t\n}');
    expect(blocks.map(({ source }) => source.options.values.group).sort()).toEqual([5, 9]);
  });

  it('is refused when it is too deep', () => {
    const chain = Array.from({ length: 40 }, (_, i) => `t${i} {\n include t${i + 1}\n}\n`);
    const text = `${chain.join('')}t40 {\n plugin OPRINT\n}\n5 {\n include t0\n}\n`;
    const errors = resolve(text).diagnostics.filter(({ severity }) => severity === 'error');
    expect(errors.map(({ message }) => message)).toContain('includes are nested more than 32 deep');
  });

  it('is refused when it makes too much of a small file', () => {
    const sections = Array.from({ length: 2000 }, (_, i) => `:OPRINT ${i}\n`);
    const blocks = Array.from({ length: 60 }, (_, i) => `${i} {\n include t\n}\n`);
    const text = `t {\n${sections.join('')}}\n${blocks.join('')}`;
    const { config, diagnostics } = resolve(text);
    expect(config).toBeUndefined();
    expect(diagnostics.map(({ message }) => message)).toEqual([
      'with block 49, includes bring in more than 100000 lines in all',
    ]);
  });
});

describe('when', () => {
  const knock = ':KNOCK ssh\n:KNOCK "two  words"\n:THRESHOLD a,b\n';

  /** The `when` of each plugin of a block that begins with the filters above. */
  const whenOf = (sections: string) =>
    blockOf(`5 {\n${knock}${sections}\n}`).plugins.map(({ when }) => when);

  it('is empty for plugins that stand where they are listed', () => {
    const { plugins } = blockOf('5 {\n:FILTER\n:OPRINT\n}');
    expect(plugins.map(({ when }) => when)).toEqual([[], []]);
  });

  it('names filters by the words of their sections', () => {
    const all = ':OPRINT\nwhen ssh,"two  words"  "a,b"';
    expect(whenOf(all)).toEqual([[], [], [], ['ssh', 'two  words', 'a,b']]);
  });

  it('puts filters behind filters', () => {
    const nested = ':FILTER deep\nwhen ssh "two  words"\n:OPRINT\nwhen deep "a,b"';
    expect(whenOf(nested).slice(3)).toEqual([
      ['ssh', 'two  words'],
      ['deep', 'a,b'],
    ]);
  });

  it('of a filter without a name holds for that filter alone', () => {
    const text = '5 {\n:KNOCK ssh\n:FILTER\nwhen ssh\n:OPRINT\nwhen ssh\n}';
    expect(blockOf(text).plugins.map(({ when }) => when)).toEqual([[], ['ssh'], ['ssh']]);
  });

  it('is not for plugins before the first named filter', () => {
    const text = '5 {\n:FILTER\n:OPRINT all\n:KNOCK ssh\n:OPRINT knocked\nwhen ssh\n}';
    expect(blockOf(text).plugins.map(({ when }) => when)).toEqual([[], [], [], ['ssh']]);
  });

  it('of the including block overrides that of the included one', () => {
    const text =
      't {\n:KNOCK ssh\n:KNOCK web\n:OPRINT\nwhen ssh\n:OPRINT web\nwhen web\n}\n' +
      '5 {\ninclude t\n:OPRINT\nwhen web\n:OPRINT own\nwhen ssh\n}';
    const { plugins } = blockOf(text);
    expect(plugins.map(({ instance, when }) => [instance, ...when])).toEqual([
      ['ssh'],
      ['web'],
      ['', 'web'],
      ['web', 'web'],
      ['own', 'ssh'],
    ]);
  });

  it('is refused when filters stand behind each other too deeply', () => {
    const chain = Array.from(
      { length: 34 },
      (_, i) => `:FILTER f${i}\n${i ? `when f${i - 1}` : ''}`,
    );
    const { config, diagnostics } = resolve(`5 {\n${chain.join('\n')}\n:OPRINT\nwhen f33\n}`);
    expect(config).toBeUndefined();
    expect(diagnostics.map(({ message, span }) => [message, span.line])).toEqual([
      ['filters stand behind each other more than 32 deep', 69],
    ]);
  });

  it('is refused when a few lines would make too many branches', () => {
    const pair = (i: number) =>
      ['a', 'b'].map((name) => `:FILTER ${name}${i}\n${i ? `when a${i - 1} b${i - 1}` : ''}\n`);
    const pairs = Array.from({ length: 20 }, (_, i) => pair(i).join('')).join('');
    const { config, diagnostics } = resolve(`5 {\n${pairs}:OPRINT\nwhen a19 b19\n}`);
    expect(config).toBeUndefined();
    expect(diagnostics.map(({ message, span }) => [message, span.line])).toEqual([
      ['with this "when", plugins of block 5 would run more than 100000 times for each batch', 65],
    ]);
  });

  it('takes a thousand filters for one plugin', () => {
    const names = Array.from({ length: 1000 }, (_, i) => `f${i}`);
    const filters = names.map((name) => `:FILTER ${name}\n`).join('');
    const { plugins } = blockOf(`5 {\n${filters}:OPRINT\nwhen ${names.join()}\n}`);
    expect(plugins.at(-1)?.when).toEqual(names);
  });
});

describe('checks of plugins', () => {
  /** The values that EXEC is asked about, for a text. */
  function checked(text: string): unknown[] {
    const asked: unknown[] = [];
    const withCheck: Catalogue = {
      ...catalogue,
      plugin(target) {
        const schema = catalogue.plugin(target);
        if (schema?.name !== 'EXEC') return schema;
        return {
          ...schema,
          check: (values) => {
            asked.push(values);
            return [];
          },
          requiredKeys: (values) => {
            asked.push(values);
            return [];
          },
        };
      },
    };
    resolveConfig(parseConfig(text, 't.conf').document, withCheck, { paths });
    return asked;
  }

  it('see values that are all well-formed', () => {
    const values = { execstr: '/x', execwait: false, exectimeout: 10_000 };
    expect(checked('5 {\n:EXEC\nexecstr /x\n}')).toEqual([values, values]);
  });

  it.each([
    ['a value is malformed', 'execstr /x\nexectimeout never'],
    ['a required option is missing', 'execwait'],
  ])('do not see them when %s', (_, lines) => {
    expect(checked(`5 {\n:EXEC\n${lines}\n}`)).toEqual([]);
  });

  it('are told up to twenty problems of each plugin', () => {
    const ports = Array.from({ length: 30 }, (_, i) => `p${i}`).join();
    const { diagnostics } = resolve(`5 {\n:KNOCK\nknockports ${ports}\n:OPRINT\n}`);
    expect(diagnostics).toHaveLength(20);
  });
});

describe('spans', () => {
  it('point at items of lists and into them', () => {
    const text =
      '5 {\n plugin THRESHOLD\n threshkey ip.a,ip.b "x \\"y\\" z" \\\n  ip.c\n plugin OPRINT\n plugin FILTER\n from "::1, ::2"\n}';
    const { diagnostics } = resolve(text);
    expect(diagnostics.map(({ span }) => [span.line, span.column, span.length])).toEqual([
      [3, 12, 4],
      [3, 17, 4],
      [3, 22, 11],
      [4, 3, 4],
    ]);
    const valid = blockOf(text.replace('threshkey', 'threshhint')).plugins;
    const [threshold, , filter] = valid;
    const at = (item: number, offset?: number, length?: number) => {
      const part = {
        option: 'threshhint',
        item,
        ...(offset && { offset }),
        ...(length && { length }),
      };
      const span = threshold?.options.spanOf(part);
      return [span?.line, span?.column, span?.length];
    };
    expect(threshold?.options.values.threshhint).toEqual(['ip.a', 'ip.b', 'x "y" z', 'ip.c']);
    expect(at(1, 3)).toEqual([3, 21, 1]);
    expect(at(1, 3, 9)).toEqual([3, 21, 1]);
    // `y`, behind an escaped quote.
    expect(at(2, 3, 1)).toEqual([3, 28, 1]);
    expect(at(3, 1, 2)).toEqual([4, 4, 2]);
    // No such item: all of them.
    expect(at(4)).toEqual([3, 13, 30]);
    expect(filter?.options.spanOf({ option: 'from', item: 1 })).toMatchObject({
      line: 7,
      column: 13,
      length: 3,
    });
  });

  it('point into values, as written', () => {
    const text =
      '5 {\n plugin EXEC\n execstr /x "a\\"b" \\\n   cd\n plugin OPRINT\n dumpfile "a\\\\b c"\n}';
    const [exec, oprint] = blockOf(text).plugins;
    expect(exec?.options.values.execstr).toBe('/x "a\\"b" cd');
    expect(exec?.options.spanOf({ option: 'execstr' })).toMatchObject({ line: 3, column: 10 });
    // `cd`, which stands in the next line.
    expect(exec?.options.spanOf({ option: 'execstr', offset: 10, length: 2 })).toMatchObject({
      line: 4,
      column: 4,
      length: 2,
    });
    // `b c` after the escaped backslash.
    expect(oprint?.options.values.dumpfile).toBe('a\\b c');
    expect(oprint?.options.spanOf({ option: 'dumpfile', offset: 2, length: 3 })).toMatchObject({
      line: 6,
      column: 15,
      length: 3,
    });
  });

  it('of options that are not given point at the plugin', () => {
    const [exec] = blockOf('5 {\n plugin EXEC\n execstr /x\n}').plugins;
    expect(exec?.options.spanOf({ option: 'execwait', offset: 3 })).toMatchObject({
      line: 2,
      column: 9,
    });
  });
});

describe('fingerprints', () => {
  const base = '5 {\n plugin FILTER\n from 10.0.0.0/8\n plugin OPRINT\n dumpfile /tmp/a\n}';

  it('do not depend on layout and spelling', () => {
    const same = '#\n5 <\n plugin oprint\nplugin filter\n file "/tmp/a"\nfrom 10.1.2.3/8\n>';
    const [filter, oprint] = blockOf(base).plugins;
    const [oprintAgain, filterAgain] = blockOf(same).plugins;
    expect(filterAgain?.fingerprint).toBe(filter?.fingerprint);
    expect(oprintAgain?.fingerprint).toBe(oprint?.fingerprint);
  });

  it.each([
    ['an option of a plugin', base.replace('/tmp/a', '/tmp/b')],
    ['a prefix', base.replace('10.0', '10.0.0.0/9,10.0')],
    ['an option of the source', base.replace('5 {', '5 {\nsnaplen 1')],
    ['an option of the block', base.replace('5 {', '5 {\nlabel 1')],
    ['a plugin', base.replace('5 {', '5 {\nplugin BASE')],
  ])('tell a change of %s', (_, text) => {
    expect(blockOf(text).fingerprint).not.toBe(blockOf(base).fingerprint);
  });

  it('tell a change of "when"', () => {
    const one = '5 {\n:KNOCK a\n:KNOCK b\n:OPRINT\nwhen a\n:OPRINT x\nwhen a b\n}';
    const other = one.replace('when a\n', 'when b\n');
    const [before, after] = [blockOf(one), blockOf(other)];
    expect(
      after.plugins.map(({ fingerprint }, i) => fingerprint === before.plugins[i]?.fingerprint),
    ).toEqual([true, true, false, true]);
    expect(after.fingerprint).not.toBe(before.fingerprint);
  });
});

describe('typedValues', () => {
  it('has the exact types of the declaration', () => {
    const [, logemu] = blockOf('5 {\n plugin BASE\n plugin LOGEMU\n}').plugins;
    if (!logemu) throw new Error('no LOGEMU');
    const values = typedValues(logemu.options, logemuOptions);
    expectTypeOf(values).toEqualTypeOf<{
      readonly logemufile: string;
      readonly logemusync: boolean;
    }>();
    expect(values.logemufile).toBe('/var/log/specter.logemu');
    expect(() => typedValues(logemu.options, execOptions)).toThrow(TypeError);
  });
});

describe('a document with syntax errors', () => {
  it('gives no config, even when nothing else is wrong', () => {
    const { document } = parseConfig('5 {\n plugin OPRINT\n}\n}\n', 't.conf');
    expect(resolveConfig(document, catalogue, { paths })).toEqual({
      diagnostics: [],
      suppressed: 0,
    });
  });
});
