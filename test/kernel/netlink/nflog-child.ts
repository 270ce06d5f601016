/**
 * Binds the NFLOG group given as first argument, says so, and counts packets until its standard
 * input ends; prints the counts as JSON. Ends by itself: nothing may keep the process alive.
 */
import { NflogGroup, ReceiveLoop, ReceiveRing } from '../../../src/netlink/index.ts';
import { receiveAll } from './received-packets.ts';

const group = NflogGroup.open(Number(process.argv[2]), {
  qthreshold: 1,
  receiveBuffer: 1 << 20,
});
const ring = new ReceiveRing({ slotSize: 1 << 17 });
const loop = new ReceiveLoop({
  onError: (error) => {
    throw error;
  },
});
let packets = 0;
const count = (): number => {
  const received = receiveAll(group, ring).length;
  packets += received;
  return received;
};
loop.add(group.fd, count);
process.stdin.resume();
process.stdin.on('end', async () => {
  await loop.stop();
  group.unbind();
  count();
  group.close();
  console.log(JSON.stringify({ packets, receiveBuffer: group.receiveBuffer }));
});
console.log('bound');
