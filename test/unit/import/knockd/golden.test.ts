import { expect, test } from 'vitest';
import { imported, machine } from './imported.ts';

test('doors for ssh, as most people have them', async () => {
  const { config, messages } = imported(
    `[options]
	UseSyslog

[openSSH]
	sequence    = 7000,8000,9000
	seq_timeout = 5
	command     = /sbin/iptables -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT
	tcpflags    = syn

[closeSSH]
	sequence    = 9000,8000,7000
	seq_timeout = 5
	command     = /sbin/iptables -D INPUT -s %IP% -p tcp --dport 22 -j ACCEPT
	tcpflags    = syn
`,
    machine(['/sbin/iptables']),
  );
  await expect(config).toMatchFileSnapshot('golden/ssh.conf');
  await expect(messages).toMatchFileSnapshot('golden/ssh.txt');
});

test('everything that knockd.conf can say', async () => {
  const { config, messages } = imported(
    `# Doors of the gateway.
[options]
LogFile = /tmp/knockd.log
PidFile = /tmp/knockd.pid
Interface = eth1

# For the admins.
[ssh door]
sequence = 7000,8000:udp, 9000:TCP
TIMEOUT = 15
tcpflags = syn,!ack
start_command = nft add element inet filter ssh { %IP% }  # opens
cmd_timeout = 5
stop_command = logger "closing for $HOSTNAME"; nft delete element inet filter ssh "{ %IP% }"
colour = green

[mail]
one_time_sequences = knockd.sequences
tcpflags = fin,!ack
start_command = iptables -A INPUT -s %IP% -j ACCEPT; sleep 60; iptables -D INPUT -s %IP% -j ACCEPT
start_command_6 = ip6tables -A INPUT -s %IP% -j ACCEPT
stop_command_6 = ip6tables -D INPUT -s %IP% -j ACCEPT

[wake]
sequence = 9:udp
target = 192.0.2.7
command = scripts/wake %IP%

[both]
sequence = 1000,2000
command = /usr/bin/logger four %IP%
command_6 = /usr/bin/logger six %IP%
`,
    machine(['/usr/sbin/nft', '/usr/bin/logger'], {
      '/etc/knockd.sequences': '# used: 1,2\n#3,4\n 5001:udp,5002\nnonsense\n5003,5001:udp\n',
    }),
    7,
  );
  await expect(config).toMatchFileSnapshot('golden/everything.conf');
  await expect(messages).toMatchFileSnapshot('golden/everything.txt');
});
