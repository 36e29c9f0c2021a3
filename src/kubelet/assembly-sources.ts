import type { Clock } from '#base/clock.ts';
import type { KubeClient } from '#kube/client/client.ts';
import { apiserverSource } from './config/apiserver.ts';
import { fileSource } from './config/file.ts';
import { PodConfig, type PodSource, type PodUpdate } from './config/pod-config.ts';
import type { KubeletConfiguration } from './configuration.ts';
import type { KubeletNode } from './ports.ts';

export interface SourcesAssemblyOptions {
  nodeName: string;
  api: KubeClient;
  node: KubeletNode;
  clock: Clock;
  configuration: KubeletConfiguration;
  onUpdate: (update: PodUpdate) => void;
  onError: (error: unknown) => void;
}

/** Where the kubelet hears of its pods (pkg/kubelet/kubelet.go, makePodSourceConfig). */
export function assembleSources(options: SourcesAssemblyOptions) {
  const { api, clock, node, nodeName, configuration, onUpdate, onError } = options;
  const { staticPodPath: directory } = configuration;
  const names: PodSource[] = directory === '' ? ['api'] : ['file', 'api'];
  const config = new PodConfig(onUpdate);
  const sources = [apiserverSource({ api, clock, nodeName, config, onError })];
  if (directory !== '') {
    sources.push(fileSource({ node, clock, directory, nodeName, config, onError }));
  }
  return { sources, sourcesReady: () => config.seenAll(names) };
}
