import path from 'node:path';
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
      images: [],
      kubelet: true,
      listen: {},
      readyFile: undefined,
      checkpoint: undefined,
      saveCheckpoint: undefined,
      serves: false,
    });
  });

  it('reads where to serve, paths as absolute ones', () => {
    const options = parseHeadlessOptions([
      ...['--kube-port', '0', '--cri-socket', '/run/cri.sock', '--ready-file', 'ready.json'],
      ...['--no-kubelet', '--load-image', 'a.tar', '--load-image=b.tar'],
      ...['--checkpoint', 'from.sandglass', '--save-checkpoint', '/to.sandglass'],
    ]);
    expect(options).toMatchObject({
      images: ['a.tar', 'b.tar'],
      kubelet: false,
      listen: { kubePort: 0, criSocket: '/run/cri.sock' },
      readyFile: path.resolve('ready.json'),
      checkpoint: path.resolve('from.sandglass'),
      saveCheckpoint: '/to.sandglass',
      serves: true,
    });
  });

  it.each([
    [['--memory', '64'], /--memory/],
    [['--memory', 'much'], /"much"/],
    [['--copy', 'file'], /GUEST_PATH/],
    [['--copy', 'file:relative'], /absolute/],
    [['--kube-port', '65536'], /--kube-port/],
    [['--kube-port', ''], /--kube-port/],
    [['--kube-port', '-1'], /--kube-port/],
    [['--cri-socket', ''], /--cri-socket/],
    [['--checkpoint', ''], /--checkpoint/],
    [['--save-checkpoint', ''], /--save-checkpoint/],
    [['--checkpoint', 'file', '--memory', '512'], /--memory/],
    [['--nonsense'], /nonsense/],
    [['stray'], /stray/],
  ])('refuses %j in words', (argv, message) => {
    expect(() => parseHeadlessOptions(argv)).toThrow(message);
  });
});
