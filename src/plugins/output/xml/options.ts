import {
  defineOptions,
  type KeyRequirement,
  type OptionValues,
  type ValueProblem,
} from '../../api.ts';
import { keysNamed, keysOption } from '../keys-option.ts';
import { elementKeys } from './packet-elements.ts';

/** The value of `xmlkeys` that leaves what ulogd2 writes. */
const NONE = 'none';

export const options = defineOptions({
  xmldirectory: {
    type: 'path',
    access: 'none',
    default: '/var/log',
    aliases: ['directory'],
    help: 'folder for the files; a new one is made at the start and at each SIGHUP',
  },
  xmlprefix: {
    type: 'string',
    default: 'specter',
    help: 'beginning of their names: specter-pkt-22112026-020543.xml',
  },
  xmlsync: {
    type: 'flag',
    aliases: ['sync'],
    help: 'make packets visible after each batch instead of within a second',
  },
  xmlstdout: {
    type: 'flag',
    aliases: ['stdout'],
    help: 'write one document to standard output instead; SIGHUP does not end it',
  },
  xmlkeys: keysOption(
    'all that the block provides but raw bytes and what has an element of its own',
    `, beside ulogd2's elements; \`${NONE}\`: these alone`,
  ),
});

export type XmlOptions = OptionValues<typeof options>;

/** The keys that `xmlkeys` names; undefined where it is not given. */
export const namesOf = ({ xmlkeys }: XmlOptions): readonly string[] | undefined =>
  xmlkeys?.length === 1 && xmlkeys[0] === NONE ? [] : xmlkeys;

export function readsOf(values: XmlOptions): readonly KeyRequirement[] {
  const names = namesOf(values);
  if (names === undefined) return [];
  return [
    ...keysNamed('xmlkeys', names),
    ...elementKeys.map((key) => ({ key, option: 'xmlkeys', optional: true })),
  ];
}

export function check({ xmlprefix }: XmlOptions): readonly ValueProblem[] {
  if (/^[^/\p{Cc}]{1,128}$/u.test(xmlprefix)) return [];
  const message = 'has to be the beginning of a file name: 1 to 128 characters without /';
  return [{ option: 'xmlprefix', message }];
}
