import { afterEach, beforeEach, expect, it } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { Deferred } from '#base/deferred.ts';
import { configurationFile } from '#kubelet/configuration-file.ts';
import type { KubeletConfiguration } from '#kubelet/configuration.ts';
import { FakeNode } from '#kubelet/testing/fake-node.ts';
import { advance, settle } from '#kubelet/testing/settle.ts';
import { runKubelet } from './run-kubelet.ts';

const head = 'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n';

let node: FakeNode;
let clock: ManualClock;
let stop: AbortController;
let running: Promise<void>;
/** What each kubelet so far was given. */
let lives: Partial<KubeletConfiguration>[];
let complaints: string[];
/** Makes the kubelet that runs fail. */
let crash: (error: Error) => void;

beforeEach(() => {
  node = new FakeNode();
  clock = new ManualClock();
  stop = new AbortController();
  lives = [];
  complaints = [];
});

afterEach(async () => {
  stop.abort();
  await running;
});

async function start(file?: string): Promise<void> {
  if (file !== undefined) node.files.put(configurationFile, file);
  running = runKubelet({
    node,
    clock,
    signal: stop.signal,
    onError: (error) => complaints.push((error as Error).message),
    make: (configuration) => {
      lives.push(configuration);
      return {
        run: async (signal) => {
          const end = new Deferred<void>();
          crash = (error) => end.reject(error);
          signal.addEventListener('abort', () => end.resolve(), { once: true });
          await end.promise;
        },
      };
    },
  });
  await settle();
}

async function change(file: string): Promise<void> {
  node.files.put(configurationFile, file);
  node.change();
  await settle();
}

it('gives the kubelet what kubeadm would, and makes the directory for static pods', async () => {
  await start();
  expect(lives).toEqual([{ staticPodPath: '/etc/kubernetes/manifests' }]);
  expect((await node.files.stat('/etc/kubernetes/manifests')).type).toBe('directory');
});

it("lets the node's file say otherwise", async () => {
  await start(`${head}staticPodPath: ""\nmaxPods: 5`);
  expect(lives).toEqual([{ staticPodPath: '', maxPods: 5 }]);
});

it('starts the kubelet anew when the file says something else, and only then', async () => {
  await start(`${head}maxPods: 5`);
  await change(`${head}maxPods: 5`);
  expect(lives).toHaveLength(1);
  await change(`${head}maxPods: 6`);
  expect(lives.map(({ maxPods }) => maxPods)).toEqual([5, 6]);
  expect(complaints).toEqual([]);
});

it('runs no kubelet on a bad file, says why, and takes up the mended one at once', async () => {
  await start('maxPods: 5');
  expect(lives).toEqual([]);
  expect(complaints).toEqual([
    `failed to load kubelet config file, path: ${configurationFile}, error: no kind "" is registered for version "": it has to be KubeletConfiguration of kubelet.config.k8s.io/v1beta1`,
  ]);
  await change(`${head}maxPods: 5`);
  expect(lives).toHaveLength(1);
});

it('starts a kubelet that failed again after ten seconds', async () => {
  await start();
  crash(new Error('broken'));
  await settle();
  await advance(clock, 9_000);
  expect([lives.length, complaints]).toEqual([1, ['broken']]);
  await advance(clock, 1_000);
  expect(lives).toHaveLength(2);
});
