import { defineOutput, type KeyRequirement, type OutputContext } from '../../api.ts';
import { AppendFile } from '../append-file.ts';
import { CaptureFiles } from './capture-files.ts';
import type { CaptureFormat } from './capture-format.ts';
import { EthernetLink } from './ethernet-link.ts';
import { claimFile } from './file-owners.ts';
import { inspectPcap } from './inspect/inspect-pcap.ts';
import { inspectPcapng } from './inspect/inspect-pcapng.ts';
import type { Expected } from './inspect/inspection.ts';
import type { LinkLayer } from './link-layer.ts';
import { check, linkTypeOf, options, type PcapValues } from './options.ts';
import { PcapFormat } from './pcap-format.ts';
import { PcapOutput } from './pcap-output.ts';
import { PcapngFormat } from './pcapng/pcapng-format.ts';
import { RawLink } from './raw-link.ts';
import { Rotation } from './rotation.ts';
import { rotationLimits } from './rotation-options.ts';

export const pcap = defineOutput({
  kind: 'output',
  name: 'PCAP',
  summary: 'appends packets to a capture file for tcpdump, Wireshark and their like',
  options,
  reads: [
    { name: 'raw.pkt', required: true },
    { name: 'oob.time.sec', required: true },
    { name: 'oob.time.usec' },
  ],
  readsOf,
  check,
  open,
});

const linkLayers = { raw: RawLink, ethernet: EthernetLink };

const unfitReasons = {
  raw: 'packets dropped that are neither IPv4 nor IPv6; pcaplinktype ethernet takes them',
  ethernet: 'records dropped that hold no packet',
};

function readsOf(options: PcapValues): readonly KeyRequirement[] {
  const { reads } = linkLayers[linkTypeOf(options)];
  const more = options.pcapformat === 'pcapng' ? PcapngFormat.reads : [];
  return [
    ...reads.map((key) => requirement(key, 'pcaplinktype')),
    ...more.map((key) => requirement(key, 'pcapformat')),
  ];
}

const requirement = (key: string, option: string): KeyRequirement => ({
  key,
  option,
  optional: true,
});

function open(context: OutputContext<PcapValues>): PcapOutput {
  const { host, log, options } = context;
  const { pcapfile, pcapsync, pcapformat, pcapprecision, pcapkeep } = options;
  const linkType = linkTypeOf(options);
  const link = new linkLayers[linkType](context.columns);
  const format = createFormat(context, link);
  const expected: Expected = {
    linkType: link.linkType,
    snaplen: link.snaplen,
    nano: pcapprecision === 'nano',
  };
  const limits = rotationLimits(options.pcaprotate);
  const rotation = new Rotation(limits, Date.now());
  const path = host.absolutePath(pcapfile);
  const claim = claimFile(path, ownName(context));
  try {
    const rotates = limits.size !== undefined || limits.age !== undefined;
    const after = claim.predecessorGone;
    const files = new CaptureFiles(
      { path, rotates, keep: pcapkeep, predecessorAtWork: after !== undefined },
      {
        host,
        log,
        format,
        inspect: pcapformat === 'pcapng' ? inspectPcapng : inspectPcap,
        expected,
        began: (start) => rotation.began(start),
      },
    );
    const sink = new AppendFile({
      open: files.open,
      next: files.next,
      ...(after ? { after } : {}),
      sync: pcapsync,
      log,
      fail: (error) => context.fail(error),
    });
    const unfitReason = unfitReasons[linkType];
    const onClosed = claim.release;
    return new PcapOutput({ format, sink, rotation, files, log, unfitReason, onClosed });
  } catch (error) {
    claim.release();
    throw error;
  }
}

function createFormat(context: OutputContext<PcapValues>, link: LinkLayer): CaptureFormat {
  const { block, columns, group, host, options } = context;
  const precision = options.pcapprecision;
  if (options.pcapformat === 'pcap') return new PcapFormat(columns, link, precision);
  const groupName = group === undefined ? block : `nflog:${group}`;
  return new PcapngFormat({ columns, links: host.links, link, precision, groupName });
}

const ownName = ({ block, instance }: OutputContext<PcapValues>): string =>
  instance === '' ? `block ${block}` : `block ${block} (section ${instance})`;
