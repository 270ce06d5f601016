import { hopByHop, ipv4, ipv6, type Layer, tcp, udp } from '../../../support/packets.ts';

/** Data on its way to (`to`) or from (`from`) a port, over IPv4 unless `six`. */
export interface Way {
  readonly to?: number;
  readonly from?: number;
  readonly six?: boolean;
}

/** Text is Latin-1: a character for each byte. */
type Data = string | Uint8Array;

const bytes = (data: Data): Uint8Array =>
  typeof data === 'string' ? Buffer.from(data, 'latin1') : data;

const ports = ({ to = 40_000, from = 40_000 }: Way) => ({ sourcePort: from, destinationPort: to });

const over = (six: boolean, layer: Layer): Buffer =>
  six
    ? ipv6({ source: '2001:db8::1', destination: '2001:db8::2' }, hopByHop(layer))
    : ipv4({ source: '192.0.2.1', destination: '198.51.100.2' }, layer);

export const overTcp = (data: Data, way: Way = {}): Buffer =>
  over(
    way.six ?? false,
    tcp({ ...ports(way), options: Buffer.from('01010101', 'hex') }, bytes(data)),
  );

export const overUdp = (data: Data, way: Way = {}): Buffer =>
  over(way.six ?? false, udp(ports(way), bytes(data)));

/** Lines as text protocols have them. */
export const lines = (...texts: readonly string[]): string =>
  texts.map((text) => `${text}\r\n`).join('');
