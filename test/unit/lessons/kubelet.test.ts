import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TraceBody } from '#base/trace-records.ts';
import loop from '../../../lessons/en/02-the-kubelet/01-the-loop-and-its-sources/checks.ts';
import worker from '../../../lessons/en/02-the-kubelet/02-from-apply-to-a-worker/checks.ts';
import restarts from '../../../lessons/en/02-the-kubelet/03-pleg-probes-and-restarts/checks.ts';
import managers from '../../../lessons/en/02-the-kubelet/04-the-managers/checks.ts';
import { bashWith, podOf, sceneOf, temporaryDirectory } from './scene.ts';

type Write = Extract<TraceBody, { kind: 'api-write' }>;

const write = (verb: Write['verb'], resource: string, name: string, more: Partial<Write> = {}) =>
  ({
    kind: 'api-write',
    namespace: 'default',
    userAgent: 'kubectl/v1.36.0',
    status: 201,
    ...more,
    verb,
    resource,
    name,
  }) satisfies TraceBody;

describe('a mirror pod', () => {
  const { again } = loop['a-file-will-do'];
  const mirror = podOf('web-node-1');
  mirror.metadata = { ...mirror.metadata, annotations: { 'kubernetes.io/config.mirror': 'x' } };
  const created = (name: string) => write('create', 'pods', name, { userAgent: 'kubelet' });

  it('comes back once it was deleted, and not because there is another', () => {
    const look = (...trace: TraceBody[]) => again(sceneOf({ pods: [mirror], trace }));
    expect(look(created('web-node-1'), created('db-node-1'))).toBe('first');
    const deleted = write('delete', 'pods', 'web-node-1');
    expect(look(created('web-node-1'), deleted)).toBe('first');
    expect(look(deleted, created('db-node-1'))).toBe('first');
    expect(look(deleted, created('web-node-1'))).toBe(true);
  });
});

describe('a binding', () => {
  const { bound } = worker['be-the-scheduler'];
  const pod = { namespace: 'default', name: 'foo', uid: 'foo' };
  const look = (userAgent: string) =>
    bound(
      sceneOf({
        pods: [podOf('foo')],
        trace: [write('binding', 'pods', 'foo', { userAgent, pod })],
      }),
    );

  it('counts if it is not the scheduler’s', () => {
    expect(look('kube-scheduler')).toEqual({ reason: 'scheduler', values: { pod: 'foo' } });
    expect(look('kubectl/v1.36.0')).toBe(true);
    expect(look('curl/7.88.1')).toBe(true);
  });
});

describe('a wait before the next start', () => {
  const { longer } = restarts['longer-each-time'];
  const look = (wait: string) => {
    const crash = podOf('crash', { running: { main: 4 } });
    const message = `back-off ${wait} restarting failed container=main pod=crash_default(crash)`;
    for (const status of crash.status?.containerStatuses ?? []) {
      status.state = { waiting: { reason: 'CrashLoopBackOff', message } };
    }
    return longer(sceneOf({ pods: [crash] }));
  };

  it.each(['20s', '1m20s', '5m0s', '2m'])('of %s is longer than the first', (wait) => {
    expect(look(wait)).toBe(true);
  });

  it('of 10s is the first', () => {
    expect(look('10s')).toMatchObject({ reason: 'first' });
  });
});

describe('a ConfigMap’s volume', () => {
  const { fresh, changed } = managers['a-volume-is-a-directory'];
  const patched = write('patch', 'configmaps', 'menu', { status: 200 });

  function look(
    files: Readonly<Record<string, string>>,
    map: object,
    {
      items,
      trace = [patched],
    }: { items?: { key: string; path: string }[]; trace?: TraceBody[] } = {},
  ) {
    const directory = temporaryDirectory();
    const volume = path.join(directory, 'guest/volumes/kubernetes.io~configmap/menu');
    mkdirSync(path.join(volume, '..data'), { recursive: true });
    writeFileSync(path.join(volume, '..data/today'), 'what the kubelet keeps');
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(volume, file)), { recursive: true });
      writeFileSync(path.join(volume, file), text);
    }
    const run = bashWith('/var/lib/kubelet/pods', directory);
    const guest = podOf('guest', {
      running: { a: 0 },
      spec: {
        containers: [{ name: 'a' }],
        volumes: [
          { name: 'scratch', emptyDir: {} },
          { name: 'other', configMap: { name: 'other' } },
          { name: 'menu', configMap: { name: 'menu', ...(items && { items }) } },
        ],
      },
    });
    return sceneOf({
      pods: [guest],
      trace,
      run: (command) =>
        command.startsWith('kubectl get configmap menu ')
          ? Promise.resolve({ code: 0, stdout: JSON.stringify(map), stderr: '' })
          : run(command),
    });
  }

  it('is compared key by key', async () => {
    const map = { data: { today: 'fish', tomorrow: 'a soup\n\n' } };
    expect(await fresh(look({ today: 'fish', tomorrow: 'a soup\n\n' }, map))).toBe(true);
    expect(await fresh(look({ today: 'soup', tomorrow: 'a soup\n\n' }, map))).toEqual({
      reason: 'stale',
      values: { file: 'today', text: 'soup' },
    });
    expect(await fresh(look({ today: 'fish' }, map))).toEqual({
      reason: 'missing',
      values: { file: 'tomorrow' },
    });
  });

  it('may be bytes, and only some keys, by other names', async () => {
    const map = { data: { today: 'Bœuf' }, binaryData: { picture: 'AAH/' } };
    const items = [{ key: 'picture', path: 'a folder/a picture' }];
    const picture = '\0\x01\xff';
    expect(await fresh(look({ today: 'Bœuf' }, { data: map.data }))).toBe(true);
    const scene = look({ 'a folder/a picture': picture }, map, { items });
    // As UTF-8 the last byte is two.
    expect(await fresh(scene)).toMatchObject({ reason: 'stale' });
    expect(
      await fresh(look({ 'a folder/a picture': '\0' }, { data: { picture: '\0' } }, { items })),
    ).toBe(true);
  });

  it('changes with its own ConfigMap only', () => {
    const look1 = (...trace: TraceBody[]) => changed(look({}, {}, { trace }));
    expect(look1(write('create', 'configmaps', 'menu'))).toBe('first');
    expect(look1(write('patch', 'configmaps', 'menu', { namespace: 'kube-system' }))).toBe('first');
    expect(look1(write('patch', 'configmaps', 'another'))).toBe('first');
    const anew = [write('delete', 'configmaps', 'menu'), write('create', 'configmaps', 'menu')];
    expect(look1(...anew)).toBe(true);
  });
});

describe('a node that is not ready', () => {
  const { lost } = managers['the-heartbeat'];
  const event = { metadata: { name: 'node-1.1' }, reason: 'NodeNotReady' };
  const look = (ready: string, ...trace: TraceBody[]) =>
    lost(
      sceneOf({
        events: [event] as never,
        trace,
        run: (command) =>
          Promise.resolve({
            code: 0,
            stdout: command.startsWith('kubectl') ? ready : '10-sandglass.conflist\n',
            stderr: '',
          }),
      }),
    );

  it('is one that was reported so in this step, not before, and not one that nobody can ask', async () => {
    expect(await look('True')).toBe('file');
    expect(await look('')).toBe('file');
    expect(await look('False')).toBe(true);
    expect(await look('True', write('create', 'events', 'node-1.1'))).toBe(true);
  });
});
