const { LogSocket } = require('./log-socket.js');

/** _PATH_LOG of <sys/syslog.h>. */
const DEFAULT_PATH = '/dev/log';

/** Facility codes of <sys/syslog.h>, RFC 5424 section 6.2.1. */
const facilities = {
  kern: 0,
  user: 1,
  mail: 2,
  daemon: 3,
  auth: 4,
  syslog: 5,
  lpr: 6,
  news: 7,
  uucp: 8,
  cron: 9,
  authpriv: 10,
  ftp: 11,
  local0: 16,
  local1: 17,
  local2: 18,
  local3: 19,
  local4: 20,
  local5: 21,
  local6: 22,
  local7: 23,
};

/** Severities, likewise. */
const priorities = {
  emerg: 0,
  alert: 1,
  crit: 2,
  err: 3,
  warning: 4,
  notice: 5,
  info: 6,
  debug: 7,
};

/** The log of this instance of the module: each thread of Node has one of its own. */
let socket = new LogSocket(DEFAULT_PATH, 0);
let tag = `${process.title}: `;
let facility = facilities.user;
let mask = 0xff;

/** The time as messages have it, and the second (Unix) that it is of. */
let stamp = '';
let stampSecond = -1;

function openlog(ident, options, facilityName) {
  const code = lookUp(facilities, 'facility', facilityName);
  const { pid = false, ndelay = false, timeout = 0, path = DEFAULT_PATH } = options;
  const opened = new LogSocket(path, timeout);
  socket.close();
  socket = opened;
  facility = code;
  tag = pid ? `${ident}[${process.pid}]: ` : `${ident}: `;
  if (!ndelay) return;
  try {
    socket.connect();
  } catch {
    // As openlog(3): the first message will try again, and say what is wrong.
  }
}

function syslog(priorityName, message) {
  const priority = lookUp(priorities, 'priority', priorityName);
  if ((mask & (1 << priority)) === 0) return;
  socket.send(Buffer.from(`<${(facility << 3) | priority}>${timestamp()} ${tag}${message}`));
}

function closelog() {
  socket.close();
}

function setlogmask(enabled) {
  const previous = mask;
  mask = 0;
  for (const [name, priority] of Object.entries(priorities)) {
    if (enabled[name]) mask |= 1 << priority;
  }
  return Object.fromEntries(
    Object.entries(priorities).map(([name, priority]) => [
      name,
      (previous & (1 << priority)) !== 0,
    ]),
  );
}

/** `Nov 22 02:05:43`, local time: RFC 3164 section 4.1.2. */
function timestamp() {
  const now = Date.now();
  const second = Math.floor(now / 1000);
  if (second !== stampSecond) {
    const date = new Date(now);
    // As in `Mon Nov 02 2026 02:05:43 GMT+0100`, ECMA-262 section 21.4.4.41.
    const text = date.toString();
    stamp = `${text.slice(4, 8)}${String(date.getDate()).padStart(2)} ${text.slice(16, 24)}`;
    stampSecond = second;
  }
  return stamp;
}

function lookUp(table, what, name) {
  if (Object.hasOwn(table, name)) return table[name];
  throw new TypeError(`unknown ${what} ${name}: one of ${Object.keys(table).join(' ')}`);
}

module.exports = { openlog, syslog, closelog, setlogmask };
