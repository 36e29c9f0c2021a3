import type { Clock } from '#base/clock.ts';
import {
  configurationFile,
  loadConfiguration,
  readConfigurationFile,
} from '#kubelet/configuration-file.ts';
import type { KubeletConfiguration } from '#kubelet/configuration.ts';
import type { KubeletNode } from '#kubelet/ports.ts';
import { Pause, isOver } from '#kubelet/repeat.ts';

/** What kubeadm gives a node's kubelet (cmd/kubeadm/app/constants/constants.go); the node's own file may say otherwise. */
const kubeadmSettings = { staticPodPath: '/etc/kubernetes/manifests' };

/** Milliseconds before a kubelet that failed is started anew: RestartSec in the unit that kubelet's packages bring. */
const restartDelay = 10_000;

export interface RunKubeletOptions {
  node: KubeletNode;
  /** The cluster's. */
  clock: Clock;
  make: (configuration: Partial<KubeletConfiguration>) => {
    run(signal: AbortSignal): Promise<void>;
  };
  /** Told of each failure. */
  onError: (error: unknown) => void;
  signal: AbortSignal;
}

/**
 * What systemd does on other nodes: starts the kubelet again when it failed, and in place of who would restart it
 * after a change of its configuration file, when that changes. Pods outlive each kubelet.
 */
export async function runKubelet(options: RunKubeletOptions): Promise<void> {
  const { node, clock, make, onError, signal } = options;
  await node.files.makeDirectory(kubeadmSettings.staticPodPath, { parents: true, signal });
  while (!isOver(signal)) {
    const changed = new AbortController();
    const life = AbortSignal.any([signal, changed.signal]);
    try {
      const text = await readConfigurationFile(node.files, life);
      void configurationOtherThan(text, node, life).then(
        () => changed.abort(),
        () => undefined,
      );
      const settings = text === undefined ? {} : loadConfiguration(text);
      await make({ ...kubeadmSettings, ...settings }).run(life);
    } catch (error) {
      if (isOver(signal)) return;
      if (isOver(life)) continue;
      onError(error);
      await new Pause().wait(clock, restartDelay, life);
    } finally {
      changed.abort();
    }
  }
}

/** Resolves when the file says something else; rejects when the signal fires. */
async function configurationOtherThan(
  text: string | undefined,
  node: KubeletNode,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    // First, so that nothing is missed between the two.
    const change = node.waitForChange(configurationFile, signal);
    change.catch(() => undefined);
    if (await saysSomethingElse(text, node, signal)) return;
    await change;
  }
}

async function saysSomethingElse(
  text: string | undefined,
  node: KubeletNode,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    return (await readConfigurationFile(node.files, signal)) !== text;
  } catch (error) {
    if (isOver(signal)) throw error;
    // One that cannot be read now is no other file.
    return false;
  }
}
