import { afterEach, beforeEach, expect, it } from 'vitest';
import { Deferred } from '#base/deferred.ts';
import { configurationFile } from '#kubelet/configuration-file.ts';
import type { KubeletConfiguration } from '#kubelet/configuration.ts';
import { FakeNode } from '#kubelet/testing/fake-node.ts';
import { settle } from '#kubelet/testing/settle.ts';
import { runKubelet } from './run-kubelet.ts';

const head = 'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n';

let node: FakeNode;
let stop: AbortController;
let running: Promise<void>;
/** What each kubelet so far was given. */
let lives: Partial<KubeletConfiguration>[];
/** Ends the kubelet that runs. */
let end: Deferred<void>;

beforeEach(() => {
  node = new FakeNode();
  stop = new AbortController();
  lives = [];
});

afterEach(async () => {
  stop.abort();
  // What it failed with is the tests' to look at.
  await Promise.allSettled([running]);
});

async function start(file?: string): Promise<void> {
  if (file !== undefined) node.files.put(configurationFile, file);
  running = runKubelet({
    node,
    signal: stop.signal,
    make: (configuration) => {
      lives.push(configuration);
      return {
        run: async (signal) => {
          const ended = (end = new Deferred<void>());
          signal.addEventListener('abort', () => ended.resolve(), { once: true });
          await ended.promise;
        },
      };
    },
  });
  running.catch(() => undefined);
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
});

it('runs no kubelet on a bad file, and fails with what is wrong with it', async () => {
  await start('maxPods: 5');
  await expect(running).rejects.toThrow(
    `failed to load kubelet config file, path: ${configurationFile}, error: no kind "" is registered for version "": it has to be KubeletConfiguration of kubelet.config.k8s.io/v1beta1`,
  );
  expect(lives).toEqual([]);
});

it('fails with the kubelet, and leaves its restart to others', async () => {
  await start();
  end.reject(new Error('broken'));
  await expect(running).rejects.toThrow('broken');
  expect(lives).toHaveLength(1);
});

it('ends with a kubelet that ends', async () => {
  await start();
  end.resolve();
  await running;
  expect(lives).toHaveLength(1);
});
