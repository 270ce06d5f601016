import { NflogGroup } from '../../../netlink/index.ts';
import { MAX_NLBUFSIZ, MAX_SNAPLEN } from '../../../netlink/nflog-options.ts';
import { defineOptions, defineSource } from '../../api.ts';
import { blockKeys } from '../block-keys.ts';
import { nflogKeys } from './keys.ts';
import { NflogSource } from './source.ts';
import { checkLabel, kernelOptions } from './values.ts';

export const nflogOptions = defineOptions({
  group: {
    type: 'integer',
    min: 0,
    max: 65535,
    help: "netlink group, the number behind `log group` in the rules; default: the block's name",
  },
  snaplen: {
    type: 'integer',
    min: 0,
    max: MAX_SNAPLEN,
    default: 0,
    help: 'bytes of each packet to copy; 0 copies all of it; a rule may ask for less',
  },
  nlbufsiz: {
    type: 'size',
    min: 4096,
    max: MAX_NLBUFSIZ,
    default: '32K',
    help: 'bytes of packets that the kernel collects before it hands them over',
  },
  qthreshold: {
    type: 'integer',
    min: 1,
    max: 65535,
    default: 64,
    aliases: ['netlink_qthreshold'],
    help: 'packets that the kernel collects before it hands them over; a rule may ask for less',
  },
  qtimeout: {
    type: 'duration',
    unit: 'ms',
    max: 3_600_000,
    default: '10ms',
    help: 'time after which it hands over what it has; in steps of 10 ms',
  },
  label: {
    type: 'string',
    default: '0',
    aliases: ['numeric_label'],
    help: "word for all packets of the block, key label; a number from 0 to 255 is key raw.label as well; ulogd2's convention: 0 dropped, 1 accepted",
  },
});

/** Packets that firewall rules log with `log group N` (nft) or `-j NFLOG --nflog-group N`. */
export const nflog = defineSource({
  kind: 'source',
  name: 'nflog',
  summary: 'packets logged by firewall rules to a netlink group (nfnetlink_log)',
  options: nflogOptions,
  check: checkLabel,
  provides: [...Object.values(nflogKeys), ...Object.values(blockKeys)],
  open: (context) => {
    const { options, receiveBuffer } = context;
    const group = options.group ?? Number(context.block);
    const socket = NflogGroup.open(group, { ...kernelOptions(options), receiveBuffer });
    return new NflogSource(context, socket);
  },
});
