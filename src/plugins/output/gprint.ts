import type { Batch } from '../../records/batch.ts';
import type { NumberColumn } from '../../records/column.ts';
import type { ColumnSet, KeyColumn } from '../../records/column-set.ts';
import { EscapeStyle } from '../../records/escape.ts';
import { SlashedTime } from '../../records/local-time.ts';
import { literal, writeLiteral } from '../../records/text.ts';
import { defineOptions, defineOutput, type OptionValues } from '../api.ts';
import { fileOptions, openFile } from './file-options.ts';
import { chosenKeys, KeyFields } from './key-fields.ts';
import { keysNamed, keysOption } from './keys-option.ts';
import { type RecordFormat, RecordOutput } from './record-output.ts';

const options = defineOptions({
  ...fileOptions('gprint', '/var/log/specter.gprint', 'lines'),
  gprinttimestamp: {
    type: 'flag',
    aliases: ['timestamp'],
    help: "begin lines with the packet's local time: timestamp=2026/11/22-02:05:43",
  },
  gprintkeys: keysOption('all that the block provides but raw bytes such as raw.pkt'),
});

/** Commas separate fields; with `\` escaped as well, `\xNN` means one thing only. */
const style = new EscapeStyle({ ',': undefined, '\\': undefined });

const timestamp = literal('timestamp=');
const COMMA = 0x2c;
const NEWLINE = 0x0a;

/** `key=value,key=value`, in front of it perhaps `timestamp=…`. */
class GprintLine implements RecordFormat {
  readonly #fields: KeyFields;
  readonly #second: NumberColumn | undefined;
  readonly #time = new SlashedTime();

  /** @param second Unix times for time stamps; undefined for lines without */
  constructor(keys: readonly KeyColumn[], second: NumberColumn | undefined) {
    this.#fields = new KeyFields(keys, ',', style);
    this.#second = second;
  }

  begin(batch: Batch): void {
    this.#fields.begin(batch);
  }

  room(row: number): number {
    return timestamp.length + SlashedTime.LENGTH + 1 + this.#fields.room(row) + 1;
  }

  write(row: number, out: DataView, start: number): number {
    let first = start;
    if (this.#second?.has(row)) {
      first = writeLiteral(out, first, timestamp);
      first = this.#time.write(out, first, this.#second.get(row));
      out.setUint8(first++, COMMA);
    }
    let at = this.#fields.write(row, out, first);
    // A time stamp alone has no comma behind it.
    if (at === first && at > start) at--;
    out.setUint8(at, NEWLINE);
    return at + 1;
  }
}

/** Without names those of ulogd2: raw data is too much for a line that people read. */
const keysOf = (
  columns: ColumnSet,
  { gprintkeys }: OptionValues<typeof options>,
): readonly KeyColumn[] => {
  const keys = chosenKeys(columns, gprintkeys);
  return gprintkeys === undefined ? keys.filter(({ key }) => key.type !== 'bytes') : keys;
};

export const gprint = defineOutput({
  kind: 'output',
  name: 'GPRINT',
  summary: 'appends a line of key=value pairs to a file for each packet',
  options,
  reads: 'all',
  readsOf: ({ gprintkeys, gprinttimestamp }) => [
    ...keysNamed('gprintkeys', gprintkeys),
    // Only beside names: alone it would be the one key that is read.
    ...(gprintkeys && gprinttimestamp ? keysNamed('gprinttimestamp', ['oob.time.sec']) : []),
  ],
  open: (context) => {
    const { columns } = context;
    const { gprintfile, gprintsync, gprinttimestamp } = context.options;
    const second = gprinttimestamp ? columns.readNumbers('oob.time.sec') : undefined;
    const format = new GprintLine(keysOf(columns, context.options), second);
    return new RecordOutput(format, openFile(context, gprintfile, gprintsync));
  },
});
