import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TraceBody } from '#base/trace-records.ts';
import type { Pod } from '#kube/types.ts';
import pod from '../../../lessons/en/03-the-cri/02-a-pod-call-by-call/checks.ts';
import images from '../../../lessons/en/03-the-cri/03-images-digests-overlayfs/checks.ts';
import streams from '../../../lessons/en/03-the-cri/04-exec-logs-and-streams/checks.ts';
import { bashWith, podOf, sceneOf, temporaryDirectory } from './scene.ts';

const runtime = 'runtime.v1.RuntimeService';
const foo = { namespace: 'default', name: 'foo', uid: 'foo' };

/** RunPodSandbox for foo, with its answer; the call is the first record. */
const sandbox = (attempt: number): TraceBody[] => [
  {
    kind: 'cri-call',
    service: runtime,
    method: 'RunPodSandbox',
    request: { config: { metadata: { ...foo, ...(attempt > 0 && { attempt }) } } },
    pod: foo,
  },
  {
    kind: 'cri-return',
    service: runtime,
    method: 'RunPodSandbox',
    response: {},
    milliseconds: 1,
    pod: foo,
    parent: 1,
  },
];

describe('a pod whose pause was killed', () => {
  const { running } = pod['kill-pause'];
  const look = (a: number, b: number, trace: TraceBody[]) =>
    running(sceneOf({ pods: [podOf('foo', { running: { a, b } })], trace }));

  it('may have been killed before', () => {
    expect(look(1, 1, sandbox(1))).toBe(true);
    expect(look(3, 2, sandbox(2))).toBe(true);
    expect(look(1, 0, sandbox(1))).toBe('working');
  });

  it('has another sandbox, made in this step', () => {
    expect(look(1, 1, [])).toBe('first');
    // One that was deleted and applied anew has a first sandbox.
    expect(look(1, 1, sandbox(0))).toBe('first');
  });

  it('is not what is held', () => {
    const held = [{ id: 1, point: 'cri/StartContainer' as const, details: {} }];
    const pods = [podOf('foo', { running: { a: 1, b: 1 } })];
    expect(running(sceneOf({ pods, held, trace: sandbox(1) }))).toBe('held');
  });
});

describe('the pod’s address', () => {
  const { neighbour } = pod['the-packets-way'];
  const look = (neighbours: string) =>
    neighbour(
      sceneOf({
        pods: [podOf('foo'), podOf('bar')],
        run: (command) => {
          const stdout = command.startsWith('ip neigh')
            ? neighbours
            : command.startsWith('nsenter -t 70 ')
              ? '2: eth0    inet 10.244.0.7/24 brd 10.244.0.255 scope global eth0\n'
              : /-path '\*\/podfoo\/\*'/.test(command)
                ? '70 11 12 pause\n71 11 13 httpd\n'
                : '';
          return Promise.resolve({ code: 0, stdout, stderr: '' });
        },
      }),
    );

  it('is that of its own pause, whoever else has one', async () => {
    expect(await look('10.244.0.7 lladdr 0a:58:0a:f4:00:07 REACHABLE\n')).toBe(true);
    const values = { address: '10.244.0.7' };
    expect(await look('10.244.0.9 lladdr 0a:58:0a:f4:00:09 REACHABLE\n')).toEqual({
      reason: 'silent',
      values,
    });
  });
});

describe('two containers of one image', () => {
  const { twins } = images['one-file-system'];
  const withImages = (name: string, ...of: string[]): Pod => {
    const made = podOf(name, { running: Object.fromEntries(of.map((_, index) => [index, 0])) });
    made.status?.containerStatuses?.forEach((status, index) => (status.imageID = of[index] ?? ''));
    return made;
  };

  it('are in one pod or in two', () => {
    const look = (...pods: Pod[]) => twins(sceneOf({ pods }));
    expect(look(withImages('a', 'x'), withImages('b', 'y'))).toBe('no-twins');
    expect(look(withImages('a', 'x', 'x'))).toBe(true);
    expect(look(withImages('a', 'x'), withImages('b', 'x'))).toBe(true);
  });
});

describe('a container’s upper directory', () => {
  const { written } = images['one-file-system'];

  async function look(...files: string[]) {
    const directory = temporaryDirectory();
    for (const file of ['lower/bin/vi', 'upper/etc/hosts', 'upper/dev/shm/x', ...files]) {
      mkdirSync(path.dirname(path.join(directory, file)), { recursive: true });
      writeFileSync(path.join(directory, file), '');
    }
    const mount = `1 2 0:30 / / rw - overlay overlay rw,lowerdir=${directory}/lower,upperdir=${directory}/upper,workdir=${directory}/work`;
    mkdirSync(path.join(directory, '7'));
    writeFileSync(path.join(directory, '7/mountinfo'), `${mount}\n`);
    return written(sceneOf({ run: bashWith('/proc/', `${directory}/`) }));
  }

  it('has a file if the image does not and the runtime did not put it there', async () => {
    expect(await look()).toBe('nothing');
    expect(await look('upper/bin/vi')).toBe('nothing');
    expect(await look('upper/an empty file')).toBe(true);
    expect(await look('upper/etc/motd')).toBe(true);
  });
});

describe('a command within one call', () => {
  const { answered } = streams['a-call-that-waits'];
  const ended = (more: object) =>
    answered(
      sceneOf({
        trace: [
          {
            kind: 'cri-return',
            service: runtime,
            method: 'ExecSync',
            milliseconds: 1,
            pod: { ...foo, name: 'web' },
            ...more,
          },
        ],
      }),
    );

  it('has an exit code, or none', () => {
    expect(ended({ response: {} })).toBe(true);
    expect(ended({ response: { exitCode: 3 } })).toEqual({
      reason: 'failed',
      values: { code: '3' },
    });
    const error = { code: 'not_found', message: 'no such container' };
    expect(ended({ error })).toEqual({
      reason: 'refused',
      values: { message: 'no such container' },
    });
  });
});
