import type { Batch } from '../../records/batch.ts';
import type { NumberColumn } from '../../records/column.ts';
import {
  defineFilter,
  defineOptions,
  type FilterInstance,
  type OptionValues,
  type PluginContext,
  type ValueProblem,
} from '../api.ts';

const ALL_BITS = 0xffff_ffff;

const options = defineOptions({
  mark: {
    type: 'integer',
    min: 0,
    max: ALL_BITS,
    default: 0,
    help: 'what the bits of the mark have to be that `mask` leaves',
  },
  mask: {
    type: 'integer',
    min: -1,
    max: ALL_BITS,
    default: ALL_BITS,
    help: 'bits of the mark that count; -1: all of them',
  },
});

type MarkOptions = OptionValues<typeof options>;

/** Lets rows pass whose connection, or packet where that is not known, has a certain mark. */
class Mark implements FilterInstance {
  readonly #connection: NumberColumn;
  readonly #packet: NumberColumn;
  readonly #mark: number;
  readonly #mask: number;
  #unmarked = 0;

  constructor({ columns, options }: PluginContext<MarkOptions>) {
    this.#connection = columns.readNumbers('ct.mark');
    this.#packet = columns.readNumbers('oob.mark');
    this.#mark = options.mark | 0;
    this.#mask = options.mask | 0;
  }

  select(batch: Batch): void {
    const { rows, selected } = batch;
    let passed = 0;
    for (let i = 0; i < selected; i++) {
      const row = batch.row(i);
      const column = this.#connection.has(row) ? this.#connection : this.#packet;
      if (!column.has(row)) this.#unmarked++;
      else if ((column.get(row) & this.#mask) === this.#mark) rows[passed++] = row;
    }
    batch.selected = passed;
  }

  details() {
    return { unmarked: this.#unmarked };
  }
}

/** ulogd2 takes such a pair, and then nothing ever passes. */
function check({ mark, mask }: MarkOptions): ValueProblem[] {
  if ((mark & ~mask) === 0) return [];
  const message = 'mark has bits set that mask takes away: no packet could pass';
  return [{ option: 'mark', message }];
}

/** ulogd2's filter of the same name. Unlike there, what has no mark at all does not pass. */
export const mark = defineFilter({
  kind: 'filter',
  name: 'MARK',
  summary: 'lets packets pass whose connection mark, or else packet mark, has certain bits',
  options,
  check,
  reads: [{ name: 'ct.mark' }, { name: 'oob.mark' }],
  provides: [],
  open: (context) => new Mark(context),
});
