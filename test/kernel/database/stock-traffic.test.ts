import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Daemon, startSpecter } from '../../support/daemon.ts';
import { title } from '../../support/requirements.ts';
import { lastStatistics } from '../../support/statistics.ts';
import { startUlogd } from '../../support/ulogd.ts';
import { until } from '../../support/until.ts';
import { type Fields, type TrafficPacket, traffic } from './traffic.ts';
import { TrafficRig } from './traffic-rig.ts';
import type { TrafficServer } from './traffic-server.ts';
import { type Schema, schemaText, stockKinds, without } from './traffic-stock.ts';
import { fieldsOfUlogd } from './traffic-ulogd.ts';

/** `reconnect=1`: for up to a second after an error, ulogd2 drops what comes. */
const RECONNECT_MS = 1100;

describe.each(stockKinds)("ulogd2's tables in $name", ({ missing: isMissing, start, schemas }) => {
  const missing = isMissing();

  describe.skipIf(missing)(title('with packets', missing), () => {
    const lostNames = new Set(schemas.flatMap(({ lost }) => Object.keys(lost)));
    const harmless = traffic.filter(({ name }) => !lostNames.has(name));
    const harmful = traffic.filter(({ name }) => lostNames.has(name));
    // When the last one is there, so are all before it that ever will be.
    const first = harmless.slice(0, -1);
    const last = harmless.slice(-1);
    const packets = [...first, ...harmful, ...last];
    /** The rows that specter shall store. */
    const stored = ({ instead, refused, row }: Schema): Fields[] =>
      packets
        .filter(({ name }) => !refused.includes(name))
        .map(({ name, fields }) => {
          const { [name]: change = {} } = instead;
          return notNull({ ...row(fields), ...change });
        });
    /** What ulogd2 does not lose. */
    const kept = ({ lost }: Schema) => packets.filter(({ name }) => !(name in lost));
    let server: TrafficServer;
    let rig: TrafficRig;
    let specter: Daemon;
    const ulogds: Daemon[] = [];
    /** How many each ulogd2 has logged. */
    const errors: number[] = [];
    let began = 0;
    let ended = 0;

    const database = (whose: string, { name }: Schema): string => `${whose}_${name}`;
    const rows = (whose: string, schema: Schema): Promise<Fields[]> => {
      const order = schema.table === 'ulog_pkt' ? 'rowid' : '_id';
      const select = `SELECT * FROM ${schema.table} ORDER BY ${order}`;
      return server.rows(database(whose, schema), select);
    };
    const untilThere = async (whose: string, schema: Schema, count: number): Promise<void> => {
      const isThere = async () => (await rows(whose, schema)).length >= count;
      await until(isThere, `${count} rows of ${whose}, ${schema.name}`);
    };

    beforeAll(async () => {
      server = await start();
      const groups = schemas.flatMap((_, i) => [10 + i, 20 + i]);
      rig = await TrafficRig.create(groups);
      const { namespace } = rig;
      const blocks: string[] = [];
      for (const [i, schema] of schemas.entries()) {
        for (const whose of ['specter', 'ulogd']) {
          await server.createDatabase(database(whose, schema), schemaText(schema));
        }
        const target = { ...schema, database: database('specter', schema) };
        blocks.push(`${10 + i} {
  label 1
  plugin BASE
  plugin ${server.plugin}${server.options(target)}
  ${server.prefix}flush 10ms
}
`);
      }
      specter = await startSpecter({ namespace, config: blocks.join('') });
      for (const [i, schema] of schemas.entries()) {
        const stack = server.ulogdStack({ ...schema, database: database('ulogd', schema) });
        const options = { namespace, group: 20 + i, nflog: { numeric_label: 1 }, stack };
        ulogds.push(await startUlogd(options));
      }
      began = Date.now();
      await rig.send(first);
      for (const packet of harmful) await lose(packet);
      await rig.send(last);
      for (const schema of schemas) {
        await untilThere('ulogd', schema, kept(schema).length);
        await untilThere('specter', schema, stored(schema).length);
      }
      ended = Date.now();
      await specter.stop();
    });
    afterAll(async () => {
      for (const ulogd of ulogds) await ulogd[Symbol.asyncDispose]();
      await specter?.[Symbol.asyncDispose]();
      await rig?.[Symbol.asyncDispose]();
      await server?.[Symbol.asyncDispose]();
    });

    /** Sends a packet that ulogd2 loses, and waits until it stores packets again. */
    async function lose(packet: TrafficPacket): Promise<void> {
      await rig.send([packet]);
      let hasFailed = false;
      for (const [i, { lost }] of schemas.entries()) {
        const { [packet.name]: error = null } = lost;
        if (error === null) continue;
        hasFailed = true;
        errors[i] = (errors[i] ?? 0) + 1;
        const pattern = `(?:execute failed \\(.*${error}[^]*){${errors[i]}}`;
        await ulogds[i]?.waitForLog(new RegExp(pattern));
      }
      if (hasFailed) await setTimeout(RECONNECT_MS);
    }

    /** Rows without their times, which are of the test's own time. */
    function timeless(all: readonly Fields[]): Fields[] {
      return all.map((row) => {
        const time = Number(row.oob_time_sec) * 1000 + Number(row.oob_time_usec) / 1000;
        expect(time).toBeGreaterThanOrEqual(began);
        expect(time).toBeLessThanOrEqual(ended);
        return without(row, '_id', 'oob_time_sec', 'oob_time_usec');
      });
    }

    test.each(schemas)('$name: specter stores what was sent', async (schema) => {
      expect(timeless(await rows('specter', schema))).toEqual(stored(schema));
    });

    test.each(schemas)('$name: ulogd2 stores the same, or a bug', async (schema) => {
      const theirs = timeless(await rows('ulogd', schema));
      expect(theirs).toEqual(kept(schema).map((packet) => schema.row(fieldsOfUlogd(packet))));
    });

    test.each(schemas)('$name: what could not be stored is counted', (schema) => {
      const { stages } = lastStatistics(specter.stderr)[10 + schemas.indexOf(schema)] ?? {};
      const { length: refused } = schema.refused;
      expect(stages?.[server.plugin]).toMatchObject({
        ...{ written: packets.length - refused, dropped: refused, errors: 0, refused },
        ...{ 'values unfit': Object.keys(schema.instead).length, 'texts cut': 0 },
      });
    });
  });
});

const notNull = (fields: Readonly<Record<string, string | number | null>>): Fields =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
  );
