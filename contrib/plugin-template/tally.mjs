/** @import { Batch, OutputContext, OutputPlugin, OptionValues } from 'specter/plugin' */

/** An output plugin: counts packets by destination port and logs the busiest ports at times. */

const options = /** @type {const} */ ({
  tallyinterval: {
    type: 'duration',
    min: 1000,
    default: '1m',
    help: 'time between two lines in the log',
  },
  tallytop: {
    type: 'integer',
    min: 1,
    max: 100,
    default: 5,
    help: 'number of ports in a line',
  },
});

class Tally {
  /** Every packet counts as written: there is nowhere that it could get lost. */
  counters = { written: 0, dropped: 0, errors: 0 };
  #tcpPort;
  #udpPort;
  #packets = new Uint32Array(65536);
  #top;
  #log;
  #timer;

  /** @param {OutputContext<OptionValues<typeof options>>} context */
  constructor({ columns, options, log }) {
    this.#tcpPort = columns.readNumbers('tcp.dport');
    this.#udpPort = columns.readNumbers('udp.dport');
    this.#top = options.tallytop;
    this.#log = log;
    this.#timer = setInterval(() => this.#report(), options.tallyinterval);
  }

  /** @param {Batch} batch */
  write(batch) {
    for (let i = 0; i < batch.selected; i++) {
      const row = batch.row(i);
      if (this.#tcpPort.has(row)) this.#packets[this.#tcpPort.get(row)]++;
      else if (this.#udpPort.has(row)) this.#packets[this.#udpPort.get(row)]++;
    }
    this.counters.written += batch.selected;
  }

  async close() {
    clearInterval(this.#timer);
    this.#report();
  }

  #report() {
    const busiest = Array.from(this.#packets.entries())
      .filter(([, packets]) => packets > 0)
      .sort(([, a], [, b]) => b - a)
      .slice(0, this.#top);
    this.#packets.fill(0);
    if (busiest.length === 0) return;
    this.#log.notice(busiest.map(([port, packets]) => `port ${port}: ${packets}`).join(', '));
  }
}

/** @type {OutputPlugin<typeof options>} */
const tally = {
  apiVersion: 1,
  kind: 'output',
  name: 'TALLY',
  summary: 'logs the ports that most packets go to',
  options,
  reads: [{ name: 'tcp.dport', required: true }, { name: 'udp.dport' }],
  open: (context) => new Tally(context),
};

export default tally;
