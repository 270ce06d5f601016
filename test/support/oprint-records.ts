/** What differs from one run to the next: times, and the user whose socket sent the packet. */
const volatileKeys = /^oob\.(time\.(sec|usec)|uid|gid)$/;

/** The packets in OPRINT's lines, without the keys that no test can know. */
export function oprintRecords(lines: readonly string[]): Record<string, string>[] {
  const records: Record<string, string>[] = [];
  for (const line of lines) {
    if (line === '===>PACKET BOUNDARY') {
      records.push({});
      continue;
    }
    const [, name = '', value = ''] = /^([^=]+)=(.*)$/.exec(line) ?? [];
    const record = records.at(-1);
    if (record === undefined || name === '') throw new Error(`no OPRINT line: ${line}`);
    if (!volatileKeys.test(name)) record[name] = value;
  }
  return records;
}
