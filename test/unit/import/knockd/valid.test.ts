import { chmod } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { loadConfig } from '../../../../src/daemon/load-config.ts';
import { ScratchFolder } from '../../../support/scratch-folder.ts';
import { imported, machine } from './imported.ts';

const everything = (folder: ScratchFolder): string => `
[options]
	LogFile = ${folder.join('knockd.log')}
	PidFile = ${folder.join('knockd.pid')}
	Interface = eth0
[ssh door, 2]
	sequence = 7000,8000:udp,9000
	start_command = ${folder.join('hook')} open "%IP%" '100%' # opens
	stop_command = ${folder.join('hook')} close %IP% && echo "closed for '%IP%' # $(date +%s)"
	cmd_timeout = 0
	tcpflags = syn,!ack,!rst
[once]
	one_time_sequences = ${folder.join('sequences')}
	command = ${folder.join('hook')} 4 %IP%
	command_6 = ${folder.join('hook')} 6 %IP%; sleep 1h
[wake]
	sequence = 1:udp
	target = 2001:db8::1
	command = ${folder.join('hook')} { %IP% }
[both]
	sequence = 1,2,1
	target = 192.0.2.1
	command = ${folder.join('hook')} four
	command_6 = ${folder.join('hook')} six
[families]
	sequence = 5,6
	command = ${folder.join('hook')} four
	stop_command = ${folder.join('hook')} close
	stop_command_6 =
`;

test('what comes out is valid, without a warning', async () => {
  await using folder = await ScratchFolder.create();
  const hook = await folder.write('hook', '#!/bin/sh\n');
  await chmod(hook, 0o755);
  const sequences = await folder.write('sequences', '# used\n5001,5002:udp\n');
  const on = machine([hook], { [sequences]: '5001,5002:udp\n' });
  const { config = '', messages } = imported(everything(folder), on);
  expect(messages).toBe('');
  const file = await folder.write('specter.conf', config);
  const result = await loadConfig(file, { color: false, folder: '/', reload: false });
  expect(result.messages).toBe('');
  const [block] = result.loaded?.config.blocks ?? [];
  expect(block?.plugins.map(({ schema, when }) => [schema.name, ...when].join(' '))).toEqual([
    'BASE',
    'KNOCK',
    'EXEC ssh-door-2',
    'KNOCK',
    'EXEC once',
    'KNOCK',
    'EXEC wake',
    'KNOCK',
    'EXEC both',
    'KNOCK',
    'EXEC families',
    'KNOCK',
    'EXEC families6',
  ]);
});
