/** The checksum over the pseudo-header of the IP layer below and `parts` (RFC 9293, 3.1; RFC 8200, 8.1). */
export type PseudoChecksum = (protocol: number, ...parts: readonly Uint8Array[]) => number;

/**
 * What may follow an IP header. A packet is written from the outside in, as in
 * `ipv6({…}, hopByHop(tcp({…}, payload)))`; the IP layer hands its pseudo-header inwards when it is built.
 */
export interface Layer {
  /** IANA protocol number, the `protocol` or `next header` of the layer around. */
  readonly protocol: number;
  build(checksum: PseudoChecksum): Buffer;
}

/** Any bytes under any protocol number: unknown protocols, cut-off headers. */
export const raw = (protocol: number, bytes: Uint8Array = Buffer.alloc(0)): Layer => ({
  protocol,
  build: () => Buffer.from(bytes),
});

/** Text and bytes alike as bytes. */
export const toBytes = (payload: string | Uint8Array): Buffer =>
  typeof payload === 'string' ? Buffer.from(payload) : Buffer.from(payload);
