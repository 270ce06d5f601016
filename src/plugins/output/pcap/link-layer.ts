/** What packets of a file begin with: the file's link type, and how a row's packet gets its form. */
export interface LinkLayer {
  /** LINKTYPE_* (tcpdump.org/linktypes.html). */
  readonly linkType: number;
  /** The most bytes that a packet can have. */
  readonly snaplen: number;
  /** Bytes of the packet that `look` was called for: those in the file, and those on the wire. */
  readonly captured: number;
  readonly original: number;
  /** Prepares a row's packet; false when the link type has no form for it. */
  look(row: number): boolean;
  /** Writes the packet, `captured` bytes. */
  write(out: DataView, at: number): void;
}
