import type { Batch } from '../../records/batch.ts';
import type { KeyColumn } from '../../records/column-set.ts';
import { literal, writeLiteral } from '../../records/text.ts';
import { defineOptions, defineOutput } from '../api.ts';
import { fileOptions, openFile } from './file-options.ts';
import { chosenKeys, KeyFields } from './key-fields.ts';
import { keysNamed, keysOption } from './keys-option.ts';
import { type RecordFormat, RecordOutput } from './record-output.ts';

const options = defineOptions({
  ...fileOptions('dump', '/var/log/specter.oprint', 'packets'),
  dumpkeys: keysOption('all that the block provides'),
});

const boundary = literal('===>PACKET BOUNDARY\n');
const NEWLINE = 0x0a;

/** The keys of a packet, each on a line of its own. */
class OprintRecord implements RecordFormat {
  readonly #fields: KeyFields;

  constructor(keys: readonly KeyColumn[]) {
    this.#fields = new KeyFields(keys, '\n');
  }

  begin(batch: Batch): void {
    this.#fields.begin(batch);
  }

  room(row: number): number {
    return boundary.length + this.#fields.room(row) + 1;
  }

  write(row: number, out: DataView, start: number): number {
    const first = writeLiteral(out, start, boundary);
    const at = this.#fields.write(row, out, first);
    if (at === first) return at;
    out.setUint8(at, NEWLINE);
    return at + 1;
  }
}

export const oprint = defineOutput({
  kind: 'output',
  name: 'OPRINT',
  summary: 'appends all keys of each packet to a file, one a line, for debugging',
  options,
  reads: 'all',
  readsOf: ({ dumpkeys }) => keysNamed('dumpkeys', dumpkeys),
  open: (context) => {
    const { dumpfile, dumpsync, dumpkeys } = context.options;
    const format = new OprintRecord(chosenKeys(context.columns, dumpkeys));
    return new RecordOutput(format, openFile(context, dumpfile, dumpsync));
  },
});
