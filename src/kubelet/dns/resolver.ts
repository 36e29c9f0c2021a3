import { asSandglassError } from '#base/errors.ts';
import type { Pod } from '#kube/types.ts';
import type { KubeletConfiguration } from '#kubelet/configuration.ts';
import type { EventRecorder } from '#kube/events/recorder.ts';
import type { NodeFiles } from '#kubelet/ports.ts';
import { type DnsConfig, parseResolvConf, podDns } from './pod-dns.ts';

/** Where pods look names up (pkg/kubelet/network/dns/dns.go, Configurer). */
export class PodDns {
  readonly #files: NodeFiles;
  readonly #recorder: EventRecorder;
  readonly #configuration: KubeletConfiguration;
  #node: DnsConfig | undefined;

  constructor(options: {
    files: NodeFiles;
    recorder: EventRecorder;
    configuration: KubeletConfiguration;
  }) {
    this.#files = options.files;
    this.#recorder = options.recorder;
    this.#configuration = options.configuration;
  }

  async configOf(pod: Pod): Promise<DnsConfig> {
    const { clusterDNS, clusterDomain } = this.#configuration;
    if (!this.#node) await this.refresh();
    const node = this.#node ?? parseResolvConf('');
    const { config, warnings } = podDns(pod, node, { clusterDns: clusterDNS, clusterDomain });
    for (const { reason, message } of warnings) this.#recorder.pod(pod, 'Warning', reason, message);
    return config;
  }

  /** Reads the node's own file, which may change; asked while other things are prepared for a pod. */
  async refresh(): Promise<void> {
    try {
      this.#node = parseResolvConf(await this.#files.readText(this.#configuration.resolvConf));
    } catch (error) {
      // A node without one looks nothing up.
      if (asSandglassError(error).code !== 'not-found') throw error;
      this.#node = parseResolvConf('');
    }
  }
}
