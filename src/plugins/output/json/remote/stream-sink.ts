import type { Counts, OutputCounters, PluginLog } from '../../../api.ts';
import type { Leftovers } from '../../queue/backlog.ts';
import { type Carrier, QueueSink } from '../../queue/queue-sink.ts';
import { RecordBuffer } from '../../queue/record-buffer.ts';
import { Delivery } from './delivery.ts';
import type { DeliveryOptions } from './delivery-options.ts';

/**
 * Sends records over a connection, in order, each at least once. What cannot be sent waits in memory,
 * and beyond that on disk. `written` is what the kernel has taken for the receiver, once for each
 * record.
 */
export function openStreamSink(options: DeliveryOptions): QueueSink {
  const { name, queueBytes, log } = options;
  const counters: OutputCounters = { written: 0, dropped: 0, errors: 0 };
  const buffer = new RecordBuffer();
  const delivery = new Delivery(options, buffer, counters);
  const carrier: Carrier = {
    get waitingBytes() {
      return delivery.waitingBytes;
    },
    seal: () => delivery.seal(),
    flush: () => delivery.flush(),
    reopen: () => delivery.reopen(),
    details: () => detailsOf(delivery),
    close: async () => account(await delivery.close(), name, log, counters),
  };
  return new QueueSink({ buffer, carrier, counters, name, queueBytes, log });
}

function detailsOf(delivery: Delivery): Counts {
  const { waitingRecords, spooledRecords: spooled, unconfirmedRecords } = delivery;
  const { recovered, damagedRecords: damaged, resent, connects } = delivery;
  return {
    queued: waitingRecords,
    ...(spooled === undefined ? {} : { spooled, recovered, damaged }),
    unconfirmed: unconfirmedRecords,
    ...{ resent, connects },
  };
}

/** Counts and reports what has not arrived. */
function account(
  { pieces, kept }: Leftovers,
  name: string,
  log: PluginLog,
  counters: OutputCounters,
): void {
  let lost = 0;
  let doubtful = 0;
  for (const { sentAt, records } of pieces) {
    if (sentAt === undefined) lost += records;
    else doubtful += records;
  }
  counters.dropped += lost;
  if (lost > 0) log.error(`${lost} records lost: ${name} has not taken them`);
  if (doubtful > 0) log.notice(`${doubtful} records may not have been read by ${name}`);
  if (kept > 0) log.notice(`${kept} records stay in the spool`);
}
