/**
 * The messages of nfnetlink_log: linux/netfilter/nfnetlink_log.h. Everything in them is in network
 * byte order except the netlink headers.
 */
import { NFNL_SUBSYS_ULOG } from './constants.ts';

/** `nlmsg_type` of a logged packet: NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET. */
export const NFULNL_MSG_PACKET = (NFNL_SUBSYS_ULOG << 8) | 0;
/** `nlmsg_type` of a configuration request. */
export const NFULNL_MSG_CONFIG = (NFNL_SUBSYS_ULOG << 8) | 1;

/** `enum nfulnl_attr_type`: attributes of a logged packet. */
export const NFULA_PACKET_HDR = 1;
/** u32; left out when zero. */
export const NFULA_MARK = 2;
/** NFULNL_MSG_PACKET_TIMESTAMP; only on the hooks prerouting, input and forward. */
export const NFULA_TIMESTAMP = 3;
/** u32 each. The physical ones only for bridged packets. */
export const NFULA_IFINDEX_INDEV = 4;
export const NFULA_IFINDEX_OUTDEV = 5;
export const NFULA_IFINDEX_PHYSINDEV = 6;
export const NFULA_IFINDEX_PHYSOUTDEV = 7;
/** NFULNL_MSG_PACKET_HW: the sender's link-layer address. */
export const NFULA_HWADDR = 8;
/** The packet's bytes from the network header on (bridge and netdev families too), cut to snaplen. */
export const NFULA_PAYLOAD = 9;
/** The rule's prefix, NUL-terminated, any bytes, at most 128. */
export const NFULA_PREFIX = 10;
/** u32 each: owner of the sending socket, for packets made on this machine. */
export const NFULA_UID = 11;
/** u32: packets logged to this group since it was bound; with NFULNL_CFG_F_SEQ. */
export const NFULA_SEQ = 12;
/** u32: packets logged to any group of the namespace; with NFULNL_CFG_F_SEQ_GLOBAL. */
export const NFULA_SEQ_GLOBAL = 13;
export const NFULA_GID = 14;
/** u16: ARPHRD_* of the input device. */
export const NFULA_HWTYPE = 15;
/** The link-layer header of the input device, as long as NFULA_HWLEN (u16) says. */
export const NFULA_HWHEADER = 16;
export const NFULA_HWLEN = 17;
/** Nested NFULA_VLAN_*; bridge and netdev families only, as is the next. */
export const NFULA_VLAN = 20;
/** The link-layer header as it stood before the packet. */
export const NFULA_L2HDR = 21;

/** `enum nfulnl_vlan_attr`: u16 EtherType of the tag; u16 priority (3 bits), DEI, VLAN id (12). */
export const NFULA_VLAN_PROTO = 1;
export const NFULA_VLAN_TCI = 2;

/** `struct nfulnl_msg_packet_hdr`: EtherType and netfilter hook (NF_INET_*). */
export const NFULNL_MSG_PACKET_HDR = { size: 4, hw_protocol: 0, hook: 2 } as const;
/** `struct nfulnl_msg_packet_hw`: u16 length, then the address in eight bytes. */
export const NFULNL_MSG_PACKET_HW = { size: 12, hw_addrlen: 0, hw_addr: 4 } as const;
/** `struct nfulnl_msg_packet_timestamp`: u64 seconds since 1970 and u64 microseconds. */
export const NFULNL_MSG_PACKET_TIMESTAMP = { size: 16, sec: 0, usec: 8 } as const;

/** `enum nfulnl_attr_config`: attributes of a configuration request. */
export const NFULA_CFG_CMD = 1;
export const NFULA_CFG_MODE = 2;
export const NFULA_CFG_NLBUFSIZ = 3;
export const NFULA_CFG_TIMEOUT = 4;
export const NFULA_CFG_QTHRESH = 5;
export const NFULA_CFG_FLAGS = 6;

/** `struct nfulnl_msg_config_mode`, packed: u32 range, u8 mode. */
export const NFULNL_MSG_CONFIG_MODE = { size: 6, copy_range: 0, copy_mode: 4 } as const;

/** `enum nfulnl_msg_config_cmds`. */
export const NFULNL_CFG_CMD_BIND = 1;
export const NFULNL_CFG_CMD_UNBIND = 2;

/** Copy modes: the packet's bytes as well as the metadata. */
export const NFULNL_COPY_PACKET = 2;

/** Flags of NFULA_CFG_FLAGS. */
export const NFULNL_CFG_F_SEQ = 0x01;
export const NFULNL_CFG_F_SEQ_GLOBAL = 0x02;
