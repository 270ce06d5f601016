import { connect } from 'node:net';
import type { PluginContext } from '../../../api.ts';
import { onceAtWork } from '../../queue/at-work.ts';
import { openSpool } from '../../queue/open-spool.ts';
import { Overflow } from '../../queue/overflow.ts';
import type { RecordSink } from '../../record-sink.ts';
import { DatagramSink } from './datagram-sink.ts';
import type { DeliveryOptions } from './delivery-options.ts';
import type { RemoteValues } from './options.ts';
import { openStreamSink } from './stream-sink.ts';

export { checkRemote, type RemoteValues, remoteOptions } from './options.ts';

/**
 * A Unix socket holds no more than the sender's buffer: net.core.wmem_default, 208 KiB where nobody
 * has changed it.
 */
const UNIX_RESEND = 1 << 20;
/** How long a connection is silent before the kernel asks the peer whether it is still there. */
const KEEPALIVE_MS = 30_000;

/**
 * Where records go in the modes `tcp`, `udp` and `unix`.
 *
 * @throws SpoolError if the folder of `jsonspool` cannot be had
 */
export function openRemote(context: PluginContext<unknown>, values: RemoteValues): RecordSink {
  const { jsonmode, jsonhost: host, jsonport: port, jsonqueue: queueBytes } = values;
  const { log } = context;
  const place = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  if (jsonmode === 'udp') {
    return new DatagramSink({ name: `udp://${place}`, host, port, queueBytes, log });
  }
  const path = context.host.absolutePath(values.jsonfile);
  const keepAlive = { keepAlive: true, keepAliveInitialDelay: KEEPALIVE_MS, noDelay: true };
  const target = jsonmode === 'unix' ? { path } : { host, port, ...keepAlive };
  return openStreamSink({
    name: jsonmode === 'unix' ? path : `tcp://${place}`,
    connect: () => connect({ ...target, allowHalfOpen: true }),
    queueBytes,
    resendBytes: jsonmode === 'unix' ? Math.min(values.jsonresend, UNIX_RESEND) : values.jsonresend,
    log,
    overflow: overflowOf(context, values),
    whenReady: (begin) => onceAtWork(context.host, begin),
  });
}

function overflowOf(
  context: PluginContext<unknown>,
  { jsonspool, jsonspoolmax }: RemoteValues,
): DeliveryOptions['overflow'] {
  if (jsonspool === undefined) return undefined;
  const spool = openSpool(context, 'JSON', jsonspool, jsonspoolmax);
  return (parts) => new Overflow({ spool, log: context.log, ...parts });
}
