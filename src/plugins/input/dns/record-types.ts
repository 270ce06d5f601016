import { type Literal, literal } from '../../../records/text.ts';

/** Record types of which the decoder reads the data (IANA dns-parameters). */
export const RecordType = {
  A: 1,
  NS: 2,
  CNAME: 5,
  PTR: 12,
  MX: 15,
  AAAA: 28,
  SRV: 33,
  DNAME: 39,
} as const;

/** Types that are met in practice, beyond those; others are written as TYPE123 (RFC 3597, 5). */
const otherTypes = {
  SOA: 6,
  NULL: 10,
  HINFO: 13,
  TXT: 16,
  RP: 17,
  AFSDB: 18,
  LOC: 29,
  NAPTR: 35,
  CERT: 37,
  OPT: 41,
  DS: 43,
  SSHFP: 44,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  NSEC3: 50,
  NSEC3PARAM: 51,
  TLSA: 52,
  SMIMEA: 53,
  CDS: 59,
  CDNSKEY: 60,
  OPENPGPKEY: 61,
  CSYNC: 62,
  ZONEMD: 63,
  SVCB: 64,
  HTTPS: 65,
  SPF: 99,
  TKEY: 249,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
  URI: 256,
  CAA: 257,
} as const;

/** DNS response codes of a header's four bits (IANA dns-parameters; RFC 6895, 2.3). */
const responseCodes = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  YXDOMAIN: 6,
  YXRRSET: 7,
  NXRRSET: 8,
  NOTAUTH: 9,
  NOTZONE: 10,
  DSOTYPENI: 11,
} as const;

/** Names by number, ready to be written. */
export const typeNames = byNumber({ ...RecordType, ...otherTypes });
export const responseCodeNames = byNumber(responseCodes);

/** Longest name: NSEC3PARAM and OPENPGPKEY; TYPE and RCODE with any number are shorter. */
export const MAX_NAME = 10;

function byNumber(numbers: Readonly<Record<string, number>>): ReadonlyMap<number, Literal> {
  return new Map(Object.entries(numbers).map(([name, number]) => [number, literal(name)]));
}
