import { key } from '../../../records/key.ts';

/** What DNS provides. */
export const dnsKeys = {
  id: key('dns.id', 'u16', 'number by which a response is matched to its query'),
  qr: key('dns.qr', 'bool', '0 = query, 1 = response'),
  opcode: key('dns.opcode', 'u8', 'kind of query: 0 = standard, 4 = notify, 5 = update'),
  rcode: key('dns.rcode', 'u8', 'response code: 0 = no error, 3 = no such name; of responses only'),
  rcodeText: key('dns.rcode.str', 'string', 'response code as text: NOERROR, NXDOMAIN, RCODE12'),
  qname: key(
    'dns.qname',
    'string',
    'name in the first question, without the last dot, letters as sent; other bytes than printable ASCII as \\DDD',
  ),
  qtype: key('dns.qtype', 'u16', 'type in the first question: 1 = A, 28 = AAAA'),
  qtypeText: key('dns.qtype.str', 'string', 'that type as text: A, AAAA, TYPE65280'),
  ancount: key('dns.ancount', 'u16', 'number of answers, as the header says'),
  answers: key(
    'dns.answers',
    'string',
    'addresses and names in the first 16 answers (A, AAAA, CNAME, DNAME, NS, PTR, MX, SRV), with commas between',
  ),
};
