/** Exits with status 7 while a ReceiveLoop waits in poll. */
import { WakeEvent } from '../../../src/libc/poll.ts';
import { ReceiveLoop } from '../../../src/netlink/receive-loop.ts';

const source = new WakeEvent();
const loop = new ReceiveLoop({ onError: () => undefined });
loop.add(source.fd, () => 0);
setTimeout(() => process.exit(7), 50);
