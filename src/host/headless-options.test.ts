import { describe, expect, it } from 'vitest';
import { parseHeadlessOptions } from './headless-options.ts';

describe('headless options', () => {
  it('reads each option, --copy as often as given', () => {
    const options = parseHeadlessOptions([
      '--memory',
      '512',
      '--copy',
      'a:b.txt:/root/b',
      '--copy=c:/root/c',
      '--run',
      'ls /root',
    ]);
    expect(options).toEqual({
      help: false,
      memoryBytes: 512 * 2 ** 20,
      copies: [
        { file: 'a:b.txt', guestPath: '/root/b' },
        { file: 'c', guestPath: '/root/c' },
      ],
      run: 'ls /root',
    });
  });

  it.each([
    [['--memory', '64'], /--memory/],
    [['--memory', 'much'], /"much"/],
    [['--copy', 'file'], /GUEST_PATH/],
    [['--copy', 'file:relative'], /absolute/],
    [['--nonsense'], /nonsense/],
    [['stray'], /stray/],
  ])('refuses %j in words', (argv, message) => {
    expect(() => parseHeadlessOptions(argv)).toThrow(message);
  });
});
