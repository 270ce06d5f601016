import { key } from '../../../records/key.ts';

/** What HTTP provides: a request's keys or a response's; both have a version. */
export const httpKeys = {
  method: key('http.method', 'string', 'method of a request: GET'),
  path: key(
    'http.path',
    'string',
    'target of a request as sent: path and query; to a proxy the URL, with CONNECT host and port',
  ),
  version: key('http.version', 'string', 'version of request or response: 1.1'),
  host: key('http.host', 'string', 'header Host of a request, as sent, with its port'),
  useragent: key('http.useragent', 'string', 'header User-Agent of a request'),
  referer: key('http.referer', 'string', 'header Referer of a request'),
  status: key('http.status', 'u16', 'status code of a response: 404'),
  reason: key('http.reason', 'string', 'text behind the status code: Not Found'),
};
