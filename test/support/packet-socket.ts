import { checked, libc } from '../../src/libc/library.ts';

const socket = libc.func('int socket(int domain, int type, int protocol)');
const bind = libc.func('int bind(int fd, const void *address, uint32_t length)');
const send = libc.func('long send(int fd, const void *bytes, size_t length, int flags)');
const ifNameToIndex = libc.func('unsigned int if_nametoindex(const char *name)');

/** linux/socket.h, linux/if_packet.h */
const AF_PACKET = 17;
const SOCK_RAW = 3;

/**
 * Puts whole Ethernet frames on an interface of the namespace this process is in
 * (packet(7)); needs CAP_NET_RAW there. Its protocol is 0, so it receives nothing.
 */
export class PacketSocket {
  readonly #fd: number;

  /** @throws SyscallError, or Error for an unknown interface */
  constructor(interfaceName: string) {
    const index = ifNameToIndex(interfaceName);
    if (index === 0) throw new Error(`no interface ${interfaceName} in this namespace`);
    this.#fd = checked('socket(AF_PACKET)', socket(AF_PACKET, SOCK_RAW, 0));
    // struct sockaddr_ll: family, protocol, ifindex, then fields that only matter for receiving.
    const address = Buffer.alloc(20);
    address.writeUInt16LE(AF_PACKET, 0);
    address.writeInt32LE(index, 4);
    checked(`bind ${interfaceName}`, bind(this.#fd, address, address.length));
  }

  /** Blocks until the interface has taken the frame. */
  send(frame: Uint8Array): void {
    checked(`send ${frame.length} bytes`, send(this.#fd, frame, frame.length, 0));
  }
}
