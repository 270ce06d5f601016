import { MAX_ESCAPED, writeEscaped } from '../../../../records/escape.ts';
import { SLACK } from '../../../../records/text.ts';
import type { LinkNames } from '../../../api.ts';
import { BlockType, block, endOfOptions, Opt, option, u16s, u32s } from './blocks.ts';

/** Interfaces that a file can describe; names beyond that count as the group's own. */
export const MAX_INTERFACES = 4096;

/** What all interfaces of a file have in common: libpcap reads no others. */
export interface InterfaceForm {
  readonly linkType: number;
  readonly snaplen: number;
  /** Times are in units of 10^-tsresol seconds. */
  readonly tsresol: number;
}

/** An interface as the file has it. */
export class CaptureInterface {
  /** Its Interface Description Block. */
  readonly description: Uint8Array;
  /** Its number in the file; −1 until it is described there. */
  id = -1;
  /** Bytes of records in front of its description. */
  describedAt = 0;
  /** Packets since the capture began; and those of them that found no place. */
  received = 0;
  dropped = 0;

  constructor({ linkType, snaplen, tsresol }: InterfaceForm, name: string, description?: string) {
    this.description = block(
      BlockType.INTERFACE_DESCRIPTION,
      u16s(linkType, 0),
      u32s(snaplen),
      option(Opt.IF_NAME, name),
      ...(description === undefined ? [] : [option(Opt.IF_DESCRIPTION, description)]),
      option(Opt.IF_TSRESOL, Uint8Array.of(tsresol)),
      endOfOptions,
    );
  }
}

/**
 * The interfaces that packets came in or go out by. The first one, number 0, stands for the netlink
 * group itself: packets without an interface count as its own, and so does what the kernel lost.
 */
export class Interfaces {
  readonly group: CaptureInterface;
  readonly #links: LinkNames;
  readonly #form: InterfaceForm;
  readonly #byName = new Map<string, CaptureInterface>();
  readonly #byIndex = new Map<number, CaptureInterface>();
  #revision = -1;
  #lastIndex = -1;
  #last: CaptureInterface;
  /** In the order of their numbers. */
  readonly #described: CaptureInterface[] = [];

  constructor(links: LinkNames, form: InterfaceForm, groupName: string) {
    this.#links = links;
    this.#form = form;
    this.group = new CaptureInterface(form, groupName, 'packets without an interface, losses');
    this.#last = this.group;
    this.describe(this.group, -1);
  }

  /** @param index the kernel's, 0 for none */
  find(index: number): CaptureInterface {
    if (index === this.#lastIndex && this.#links.revision === this.#revision) return this.#last;
    this.#last = this.#look(index);
    this.#lastIndex = index;
    return this.#last;
  }

  /** Gives an interface its number, because its description goes into the file now. */
  describe(each: CaptureInterface, at: number): void {
    each.id = this.#described.length;
    each.describedAt = at;
    this.#described.push(each);
  }

  /** Those described before `at`, in the order of their numbers. */
  describedBefore(at: number): readonly CaptureInterface[] {
    return this.#described.filter(({ describedAt }) => describedAt < at);
  }

  #look(index: number): CaptureInterface {
    if (index === 0) return this.group;
    if (this.#links.revision !== this.#revision || this.#byIndex.size >= MAX_INTERFACES) {
      this.#revision = this.#links.revision;
      this.#byIndex.clear();
    }
    const known = this.#byIndex.get(index);
    if (known) return known;
    const found = this.#named(this.#nameOf(index));
    this.#byIndex.set(index, found);
    return found;
  }

  #named(name: string): CaptureInterface {
    const known = this.#byName.get(name);
    if (known) return known;
    if (this.#byName.size >= MAX_INTERFACES - 1) return this.group;
    const created = new CaptureInterface(this.#form, name);
    this.#byName.set(name, created);
    return created;
  }

  /** pcapng wants UTF-8, and the kernel's names may be any bytes. */
  #nameOf(index: number): string {
    const name = this.#links.bytes(index);
    if (!name) return `if${index}`;
    const text = Buffer.alloc(MAX_ESCAPED * name.length + SLACK);
    const view = new DataView(text.buffer, text.byteOffset, text.length);
    return text.toString('utf8', 0, writeEscaped(view, 0, name, 0, name.length));
  }
}
