import { expect, test } from 'vitest';
import { parseSequence } from '../../../../../src/plugins/filter/knock/sequence.ts';
import { parseSequenceFile } from '../../../../../src/plugins/filter/knock/sequence-file.ts';

const stepsOf = (text: string) => parseSequence(text).steps.map(({ code }) => code);

test('a file has one sequence a line, with its place in bytes', () => {
  const content = Buffer.from(
    '# für den Notfall\n\n 7000 8000/udp\r\n#000,8000\n9000:tcp,9001:udp\n  # later\n \n5',
  );
  expect(parseSequenceFile(content)).toEqual({
    lines: [
      { number: 3, offset: 20, text: ' 7000 8000/udp\r', steps: stepsOf('7000 8000/udp') },
      { number: 5, offset: 46, text: '9000:tcp,9001:udp', steps: stepsOf('9000 9001/udp') },
      { number: 8, offset: 76, text: '5', steps: stepsOf('5') },
    ],
    problems: [],
  });
  expect(content.toString('latin1', 46, 50)).toBe('9000');
});

test('an empty file has none', () => {
  expect(parseSequenceFile(Buffer.alloc(0))).toEqual({ lines: [], problems: [] });
});

test('all that is wrong with a file is told with its lines', () => {
  const { problems } = parseSequenceFile(Buffer.from('7000\nssh 70000\n#x\n7000/tpc 8000\n'));
  expect(problems).toEqual([
    {
      line: 2,
      message: 'a step is a port or ICMP type with its protocol, such as 7000/tcp, not "ssh"',
    },
    { line: 2, message: 'a port is a number from 1 to 65535, not "70000"' },
    { line: 4, message: 'the protocol of a step is tcp, udp, icmp or icmpv6, not "tpc"' },
  ]);
});
