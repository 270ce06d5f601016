import { key } from '../../../src/records/key.ts';
import { input, output } from './model-plugins.ts';
import type { Spoilt } from './spoilt-instances.ts';

/** Plugins whose declarations break a rule, and what has to be said about it. */
export const spoiltDeclarations: readonly Spoilt[] = [
  ['form', /^the name is "Model"/, output({ name: 'Model' })],
  ['form', /it is written for version 2 of the plugin contract/, output({ apiVersion: 2 })],
  ['form', /^there is no capability net_all/, output({ capabilities: ['net_all'] })],
  ['own-name', /^specter has a plugin LOGEMU/, input({ name: 'LOGEMU' })],
  ['keys', /called "Model Length"/, input({ provides: [key('Model Length', 'u8', 'x')] })],
  ['own-keys', /^LOCAL provides local.time/, input({ provides: [key('local.time', 'u32', 'x')] })],
  ['reads', /^nothing provides ip.sadr$/, output({ reads: [{ name: 'ip.sadr' }] })],
  ['option-names', /^modelfile does not begin with "mad"/, output({ name: 'MADE' })],
  [
    'free-options',
    /^snaplen is an option of the source nflog/,
    input({ name: 'SNAP', options: { snaplen: { type: 'flag', help: 'x' } } }),
  ],
  [
    'option-help',
    /ends with a period/,
    input({ options: { model: { type: 'flag', help: 'A.' } } }),
  ],
  [
    'wrong-options',
    /^`model no-such-word` is taken/,
    input({ options: { model: { type: 'enum', values: ['no-such-word'], help: 'x' } } }),
  ],
  [
    'odd-options',
    /^`modellevel high`: threw high\?$/,
    output({
      check({ modellevel }) {
        if (modellevel === 'high') throw new Error('high?');
        return [];
      },
    }),
  ],
  [
    'odd-options',
    /a problem is about "level", which is no option/,
    output({ check: () => [{ option: 'level', message: 'bad', severity: 'warning' }] }),
  ],
];
