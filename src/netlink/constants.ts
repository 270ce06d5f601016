/**
 * Numbers and layouts of the netlink protocol itself, from linux/netlink.h and
 * linux/netfilter/nfnetlink.h. Sizes and offsets are bytes; headers are in host byte order.
 */

/** Netlink families (the `protocol` of a netlink socket). */
export const NETLINK_ROUTE = 0;
export const NETLINK_NETFILTER = 12;

/** Socket options at level SOL_NETLINK. */
export const SOL_NETLINK = 270;
export const NETLINK_ADD_MEMBERSHIP = 1;
export const NETLINK_NO_ENOBUFS = 5;
export const NETLINK_CAP_ACK = 10;
export const NETLINK_EXT_ACK = 11;

/** `struct nlmsghdr`: length (header included), type, flags, sequence number, port id. */
export const NLMSGHDR = {
  size: 16,
  nlmsg_len: 0,
  nlmsg_type: 4,
  nlmsg_flags: 6,
  nlmsg_seq: 8,
  nlmsg_pid: 12,
} as const;

/** `struct nlmsgerr`: a negative errno (0: acknowledged) and the header of the request. */
export const NLMSGERR = { size: 20, error: 0, msg: 4 } as const;

/** `struct nlattr`: length (header included), type. */
export const NLATTR = { size: 4, nla_len: 0, nla_type: 2 } as const;

/** `struct nfgenmsg`, which follows the header of every nfnetlink message; `res_id` is big-endian. */
export const NFGENMSG = { size: 4, nfgen_family: 0, version: 1, res_id: 2 } as const;

/** Message types that every family shares. */
export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;

/** `nlmsg_flags` of requests. */
export const NLM_F_REQUEST = 0x01;
export const NLM_F_ACK = 0x04;
export const NLM_F_ECHO = 0x08;
export const NLM_F_DUMP = 0x300;
export const NLM_F_CREATE = 0x400;
/** `nlmsg_flags` of answers. */
export const NLM_F_DUMP_INTR = 0x10;
export const NLM_F_CAPPED = 0x100;
export const NLM_F_ACK_TLVS = 0x200;

/** The two high bits of `nla_type` are flags (NLA_F_NESTED, NLA_F_NET_BYTEORDER), not type. */
export const NLA_F_NESTED = 0x8000;
export const NLA_TYPE_MASK = 0x3fff;

/** `enum nlmsgerr_attrs`: what an extended acknowledgement adds. */
export const NLMSGERR_ATTR_MSG = 1;

/** Subsystems of nfnetlink: the high byte of a message type. */
export const NFNL_SUBSYS_ULOG = 4;
export const NFNL_SUBSYS_NFTABLES = 10;

/** Messages between which others are one transaction (linux/netfilter/nfnetlink.h). */
export const NFNL_MSG_BATCH_BEGIN = 16;
export const NFNL_MSG_BATCH_END = 17;

/** Lengths in netlink are padded to four bytes. */
export const align4 = (length: number): number => (length + 3) & ~3;
