import type { Batch } from '../../../records/batch.ts';
import type { Counts, OutputCounters, OutputInstance, PluginLog } from '../../api.ts';
import type { AppendFile } from '../append-file.ts';
import type { CaptureFiles } from './capture-files.ts';
import type { CaptureFormat } from './capture-format.ts';
import type { Rotation } from './rotation.ts';

export interface PcapOutputParts {
  readonly format: CaptureFormat;
  readonly sink: AppendFile;
  readonly rotation: Rotation;
  readonly files: CaptureFiles;
  readonly log: PluginLog;
  /** Why packets have no form in the file, for the log. */
  readonly unfitReason: string;
  /** Called once, when the file has been closed. */
  readonly onClosed: () => void;
}

/** Writes packets to capture files, and begins a new one when it is time. */
export class PcapOutput implements OutputInstance {
  readonly counters: OutputCounters;
  readonly #parts: PcapOutputParts;
  /** Packets that have no form in the file. */
  #unfit = 0;
  #closed: Promise<void> | undefined;

  constructor(parts: PcapOutputParts) {
    this.#parts = parts;
    this.counters = parts.sink.counters;
  }

  write(batch: Batch): void {
    const { format, sink, rotation } = this.#parts;
    const selected = batch.selected;
    if (rotation.byAge && rotation.isOld(Date.now())) this.#turn();
    format.begin(batch);
    let unfit = 0;
    let dropped = 0;
    let tooLong = 0;
    for (let i = 0; i < selected; i++) {
      const row = batch.row(i);
      const room = format.room(row);
      if (room === 0) {
        unfit++;
        continue;
      }
      if (room > sink.maxRecord) {
        tooLong++;
        continue;
      }
      if (rotation.isFull(room)) this.#turn();
      if (!sink.reserve(room)) {
        format.dropped();
        dropped++;
        continue;
      }
      const start = sink.position;
      const end = format.write(row, sink.view, start);
      sink.commit(end);
      rotation.add(end - start);
    }
    if (unfit > 0) this.#dropUnfit(unfit);
    if (dropped > 0) sink.drop(dropped);
    if (tooLong > 0) sink.dropTooLong(tooLong);
    sink.endBatch();
  }

  details(): Counts {
    return { unfit: this.#unfit, rotations: this.#parts.files.rotations };
  }

  reopen(): void {
    this.#parts.sink.reopen();
  }

  close(): Promise<void> {
    this.#closed ??= this.#parts.sink.close().finally(this.#parts.onClosed);
    return this.#closed;
  }

  /** Where memory is short the file goes on a little longer. */
  #turn(): void {
    const { sink, rotation } = this.#parts;
    if (sink.nextFile()) rotation.turned(Date.now());
  }

  #dropUnfit(packets: number): void {
    this.#unfit += packets;
    this.counters.dropped += packets;
    this.#parts.log.counted(this.#parts.unfitReason, packets);
  }
}
