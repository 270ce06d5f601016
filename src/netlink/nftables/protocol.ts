/** Numbers of nf_tables over netlink, from linux/netfilter/nf_tables.h and linux/netfilter.h. */
import { NFNL_SUBSYS_NFTABLES } from '../constants.ts';

/** nft's words for families, with `enum nfproto`. */
export const families = {
  inet: 1,
  ip: 2,
  arp: 3,
  netdev: 5,
  bridge: 7,
  ip6: 10,
} as const;

export type Family = keyof typeof families;

const messageType = (number: number): number => (NFNL_SUBSYS_NFTABLES << 8) | number;

/** `enum nf_tables_msg_types` */
export const NFT_MSG_GETTABLE = messageType(1);
export const NFT_MSG_NEWSET = messageType(9);
export const NFT_MSG_GETSET = messageType(10);
export const NFT_MSG_NEWSETELEM = messageType(12);
export const NFT_MSG_GETSETELEM = messageType(13);
export const NFT_MSG_DELSETELEM = messageType(14);
export const NFT_MSG_NEWGEN = messageType(15);
export const NFT_MSG_GETGEN = messageType(16);

/** `enum nfnl_batch_attributes` of linux/netfilter/nfnetlink.h */
export const NFNL_BATCH_GENID = 1;

/** `enum nft_gen_attributes` */
export const NFTA_GEN_ID = 1;

/** `enum nft_table_attributes` */
export const NFTA_TABLE_NAME = 1;

/** `enum nft_set_attributes` */
export const NFTA_SET_TABLE = 1;
export const NFTA_SET_NAME = 2;
export const NFTA_SET_FLAGS = 3;
export const NFTA_SET_KEY_TYPE = 4;
export const NFTA_SET_KEY_LEN = 5;
export const NFTA_SET_DESC = 9;
export const NFTA_SET_TIMEOUT = 11;
export const NFTA_SET_USERDATA = 13;

/** `enum nft_set_desc_attributes` */
export const NFTA_SET_DESC_SIZE = 1;

/** `enum nft_set_flags` */
export const NFT_SET_CONSTANT = 0x02;
export const NFT_SET_INTERVAL = 0x04;
export const NFT_SET_MAP = 0x08;
export const NFT_SET_TIMEOUT = 0x10;
export const NFT_SET_OBJECT = 0x40;

/** `enum nft_set_elem_list_attributes` */
export const NFTA_SET_ELEM_LIST_TABLE = 1;
export const NFTA_SET_ELEM_LIST_SET = 2;
export const NFTA_SET_ELEM_LIST_ELEMENTS = 3;

/** `enum nft_list_attributes` */
export const NFTA_LIST_ELEM = 1;

/** `enum nft_set_elem_attributes` */
export const NFTA_SET_ELEM_KEY = 1;
export const NFTA_SET_ELEM_FLAGS = 3;
export const NFTA_SET_ELEM_TIMEOUT = 4;
export const NFTA_SET_ELEM_EXPIRATION = 5;
export const NFTA_SET_ELEM_USERDATA = 6;
export const NFTA_SET_ELEM_KEY_END = 10;

/** `enum nft_set_elem_flags` */
export const NFT_SET_ELEM_INTERVAL_END = 0x1;

/** `enum nft_data_attributes` */
export const NFTA_DATA_VALUE = 1;
