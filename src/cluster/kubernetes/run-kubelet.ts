import {
  configurationFile,
  loadConfiguration,
  readConfigurationFile,
} from '#kubelet/configuration-file.ts';
import type { KubeletConfiguration } from '#kubelet/configuration.ts';
import type { KubeletNode } from '#kubelet/ports.ts';
import { isOver } from '#kubelet/repeat.ts';

/** What kubeadm gives a node's kubelet (cmd/kubeadm/app/constants/constants.go); the node's own file may say otherwise. */
const kubeadmSettings = { staticPodPath: '/etc/kubernetes/manifests' };

/** Milliseconds between two looks whether the configuration file has changed. */
const lookEvery = 5_000;

export interface RunKubeletOptions {
  node: KubeletNode;
  make: (configuration: Partial<KubeletConfiguration>) => {
    run(signal: AbortSignal): Promise<void>;
  };
  signal: AbortSignal;
}

/**
 * Runs the kubelet, and anew, in place of who would restart it after a change of its configuration file, when that
 * changes. Pods outlive each kubelet. Rejects with what one failed with, or what is wrong with the file.
 */
export async function runKubelet({ node, make, signal }: RunKubeletOptions): Promise<void> {
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
      if (!isOver(life)) return;
    } catch (error) {
      if (!isOver(life)) throw error;
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
    const change = node.waitForChange(configurationFile, lookEvery, signal);
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
