import type { ColumnSet, KeyColumn } from '../../../records/column-set.ts';
import { literal, SLACK, writeLiteral } from '../../../records/text.ts';
import { defineOutput, type PluginContext } from '../../api.ts';
import { AppendFile, type OpenedFile } from '../append-file.ts';
import { chosenKeys } from '../key-fields.ts';
import { type RecordFormat, RecordOutput } from '../record-output.ts';
import { KeyElements } from './key-elements.ts';
import { check, namesOf, options, readsOf, type XmlOptions } from './options.ts';
import { elementKeys, PacketElements } from './packet-elements.ts';
import { createXmlFile, openStdout } from './xml-files.ts';

const begin = literal('<log>');
const end = literal('</log>\n');

/** A packet as one line: `<log>`, ulogd2's elements, the keys. */
class LogElement implements RecordFormat {
  readonly #packet: PacketElements;
  readonly #keys: KeyElements;

  constructor(columns: ColumnSet, keys: readonly KeyColumn[]) {
    this.#packet = new PacketElements(columns);
    this.#keys = new KeyElements(keys);
  }

  room(row: number): number {
    return begin.length + this.#packet.room(row) + this.#keys.room(row) + end.length + SLACK;
  }

  write(row: number, out: DataView, start: number): number {
    let at = writeLiteral(out, start, begin);
    at = this.#packet.write(row, out, at);
    at = this.#keys.write(row, out, at);
    return writeLiteral(out, at, end);
  }
}

/** Without names everything that is not already said, but no raw bytes. */
function keysOf(columns: ColumnSet, values: XmlOptions): readonly KeyColumn[] {
  const names = namesOf(values);
  const keys = chosenKeys(columns, names);
  if (names !== undefined) return keys;
  // The elements tell neither the fraction of a second nor the zone.
  const said = new Set<string>(elementKeys.filter((name) => name !== 'oob.time.sec'));
  return keys.filter(({ key }) => key.type !== 'bytes' && !said.has(key.name));
}

function opener({ host, options }: PluginContext<XmlOptions>) {
  const { xmlstdout, xmldirectory, xmlprefix } = options;
  return (current: OpenedFile | undefined): OpenedFile => {
    if (xmlstdout) return current ?? openStdout(host);
    return createXmlFile(host, xmldirectory, xmlprefix);
  };
}

export const xml = defineOutput({
  kind: 'output',
  name: 'XML',
  summary: 'writes packets to XML documents, with a new file at each SIGHUP',
  options,
  reads: 'all',
  readsOf,
  check,
  open: (context) => {
    const { columns, log } = context;
    const format = new LogElement(columns, keysOf(columns, context.options));
    const fail = (error: Error) => context.fail(error);
    const { xmlsync: sync } = context.options;
    return new RecordOutput(format, new AppendFile({ open: opener(context), sync, log, fail }));
  },
});
