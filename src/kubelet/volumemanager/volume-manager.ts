import { type Clock, sleep } from '#base/clock.ts';
import { SandglassError, asSandglassError, throwIfCancelled } from '#base/errors.ts';
import { parseQuantity } from '#kube/quantity.ts';
import type { EmptyDirVolumeSource, Pod, Volume } from '#kube/types.ts';
import { podLimit } from '#kubelet/cm/resources.ts';
import { reasons } from '#kubelet/events/reasons.ts';
import type { EventRecorder } from '#kube/events/recorder.ts';
import { podDirectory, volumeDirectory } from '#kubelet/pod-directories.ts';
import { allContainersOf, uidOf } from '#kubelet/pod-facts.ts';
import type { KubeletNode } from '#kubelet/ports.ts';
import { AtomicWriter, type Payload } from './atomic-writer.ts';
import { prepareHostPath } from './host-path.ts';
import {
  type PayloadContext,
  configMapPayload,
  downwardPayload,
  projectedPayload,
  secretPayload,
} from './payloads.ts';

export interface VolumeManagerOptions {
  node: KubeletNode;
  recorder: EventRecorder;
  clock: Clock;
  random: () => number;
  payloads: PayloadContext;
}

/** What the kubelet waits for a pod's volumes at the most (volume_manager.go, podAttachAndMountTimeout). */
const mountTimeout = 123_000;
/** goroutinemap/exponentialbackoff */
const firstRetry = 500;
const longestRetry = 122_000;

/** A volume with content that the kubelet writes. */
interface Written {
  plugin: 'configmap' | 'secret' | 'downward-api' | 'projected';
  payload: () => Promise<Payload> | Payload;
  inMemory: boolean;
}

/** Mounts a pod's volumes before its containers start, and keeps their content current (pkg/kubelet/volumemanager). */
export class VolumeManager {
  readonly #options: VolumeManagerOptions;
  /** By pod and volume: the path on the node, and a digest of what was last written to it. */
  readonly #mounted = new Map<string, Map<string, { path: string; content: string }>>();

  constructor(options: VolumeManagerOptions) {
    this.#options = options;
  }

  /** The path of each mounted volume. */
  mountedVolumes(uid: string): ReadonlyMap<string, string> {
    const volumes = this.#mounted.get(uid) ?? new Map<string, { path: string }>();
    return new Map([...volumes].map(([name, { path }]) => [name, path]));
  }

  /** Returns when each volume that a container uses is there; else rejects after two minutes. */
  async waitForAttachAndMount(pod: Pod, signal: AbortSignal): Promise<void> {
    const used = new Set(
      allContainersOf(pod).flatMap(({ volumeMounts = [], env = [] }) => [
        ...volumeMounts.map(({ name }) => name),
        // Read by the kubelet alone.
        ...env.flatMap(({ valueFrom }) => valueFrom?.fileKeyRef?.volumeName ?? []),
      ]),
    );
    const volumes = (pod.spec?.volumes ?? []).filter(({ name }) => used.has(name));
    const deadline = this.#options.clock.now() + mountTimeout;
    const failed: string[] = [];
    await Promise.all(
      volumes.map(async (volume) => {
        if (!(await this.#mountUntil(pod, volume, deadline, signal))) failed.push(volume.name);
      }),
    );
    if (failed.length === 0) return;
    throw new SandglassError(
      'deadline-exceeded',
      `Unable to attach or mount volumes: unmounted volumes=[${failed.join(' ')}], unattached volumes=[], failed to process volumes=[]: context deadline exceeded`,
    );
  }

  /** Unmounts and removes all that the pod has. */
  async unmountPod(uid: string, signal: AbortSignal): Promise<void> {
    await this.#unmountBelow(podDirectory(uid), signal);
    await this.#options.node.files.remove(`${podDirectory(uid)}/volumes`, {
      recursive: true,
      missing: 'ignore',
      signal,
    });
    this.#mounted.delete(uid);
  }

  /** Removes all that is left on the node of a pod that is no more. */
  async removePodDirectory(uid: string, signal: AbortSignal): Promise<void> {
    await this.#unmountBelow(podDirectory(uid), signal);
    await this.#options.node.files.remove(podDirectory(uid), {
      recursive: true,
      missing: 'ignore',
      signal,
    });
    this.#mounted.delete(uid);
  }

  async #unmountBelow(directory: string, signal: AbortSignal): Promise<void> {
    const { mounts } = this.#options.node;
    const below = (await mounts.list(signal)).filter(({ target }) =>
      target.startsWith(`${directory}/`),
    );
    // What was mounted last may lie on what was mounted first.
    for (const { target } of [...below].reverse()) await mounts.unmount(target, signal);
  }

  async #mountUntil(
    pod: Pod,
    volume: Volume,
    deadline: number,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { clock, recorder } = this.#options;
    for (let delay = firstRetry; ; delay = Math.min(delay * 2, longestRetry)) {
      try {
        await this.#mount(pod, volume, signal);
        return true;
      } catch (error) {
        throwIfCancelled(signal);
        const { message } = asSandglassError(error);
        const text = `MountVolume.SetUp failed for volume "${volume.name}" : ${message}`;
        recorder.pod(pod, 'Warning', reasons.failedMount, text);
      }
      const left = deadline - clock.now();
      if (left <= 0) return false;
      await sleep(clock, Math.min(delay, left), signal);
    }
  }

  async #mount(pod: Pod, volume: Volume, signal: AbortSignal): Promise<void> {
    const { node } = this.#options;
    const uid = uidOf(pod);
    const known = this.#mounted.get(uid)?.get(volume.name);
    if (volume.hostPath) {
      if (known) return;
      await prepareHostPath(node.files, volume.hostPath, signal);
      this.#remember(uid, volume.name, volume.hostPath.path, '');
      return;
    }
    if (volume.emptyDir) {
      if (known) return;
      const path = volumeDirectory(uid, 'empty-dir', volume.name);
      await this.#emptyDir(pod, volume.emptyDir, path, signal);
      this.#remember(uid, volume.name, path, '');
      return;
    }
    const written = this.#writtenVolume(pod, volume);
    if (!written) {
      throw new SandglassError(
        'unimplemented',
        `no volume plugin matched name: ${pluginNames(volume)}`,
      );
    }
    await this.#write(pod, volume.name, written, known, signal);
  }

  async #emptyDir(
    pod: Pod,
    { medium = '', sizeLimit }: EmptyDirVolumeSource,
    path: string,
    signal: AbortSignal,
  ): Promise<void> {
    const { files } = this.#options.node;
    await files.makeDirectory(path, { parents: true, mode: 0o777, signal });
    if (medium === 'Memory') {
      const limits = [
        sizeLimit === undefined ? 0 : parseQuantity(sizeLimit).value(),
        podLimit(pod, 'memory').value(),
      ].filter((limit) => limit > 0);
      await this.#tmpfs(path, limits.length === 0 ? undefined : Math.min(...limits), signal);
    } else if (medium !== '') {
      throw new SandglassError('unimplemented', `unknown storage medium "${medium}"`);
    }
    const group = pod.spec?.securityContext?.fsGroup;
    // mkdir(2) takes the umask away from the mode.
    await files.changeMode(path, group === undefined ? 0o777 : 0o2777, signal);
    if (group !== undefined) await files.changeOwner(path, { uid: 0, gid: group }, { signal });
  }

  #writtenVolume(
    pod: Pod,
    { configMap, secret, downwardAPI, projected }: Volume,
  ): Written | undefined {
    const context = this.#options.payloads;
    if (configMap) {
      return {
        plugin: 'configmap',
        payload: () => configMapPayload(pod, configMap, context),
        inMemory: false,
      };
    }
    if (secret)
      return {
        plugin: 'secret',
        payload: () => secretPayload(pod, secret, context),
        inMemory: true,
      };
    if (downwardAPI) {
      const { items = [], defaultMode = 0o644 } = downwardAPI;
      return {
        plugin: 'downward-api',
        payload: () => downwardPayload(pod, items, defaultMode, context),
        inMemory: true,
      };
    }
    if (projected) {
      return {
        plugin: 'projected',
        payload: () => projectedPayload(pod, projected, context),
        inMemory: true,
      };
    }
    return undefined;
  }

  /** Writes the content, if it is another than what is there. */
  async #write(
    pod: Pod,
    name: string,
    { plugin, payload, inMemory }: Written,
    known: { content: string } | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const { node, clock, random } = this.#options;
    const uid = uidOf(pod);
    const files = await payload();
    const content = describe(files);
    if (known?.content === content) return;
    const directory = volumeDirectory(uid, plugin, name);
    if (!known) {
      await node.files.makeDirectory(directory, { parents: true, mode: 0o777, signal });
      if (inMemory) await this.#tmpfs(directory, undefined, signal);
      await node.files.changeMode(directory, 0o777, signal);
    }
    const writer = new AtomicWriter({ files: node.files, directory, clock, random });
    await writer.write(files, pod.spec?.securityContext?.fsGroup, signal);
    this.#remember(uid, name, directory, content);
  }

  async #tmpfs(path: string, size: number | undefined, signal: AbortSignal): Promise<void> {
    const { mounts } = this.#options.node;
    // After a restart of the kubelet it is there already.
    if ((await mounts.list(signal)).some(({ target }) => target === path)) return;
    const options = size === undefined ? [] : [`size=${size}`];
    await mounts.mount({ type: 'tmpfs', source: 'tmpfs', target: path, options }, signal);
  }

  #remember(uid: string, name: string, path: string, content: string): void {
    const volumes = this.#mounted.get(uid) ?? new Map<string, { path: string; content: string }>();
    volumes.set(name, { path, content });
    this.#mounted.set(uid, volumes);
  }
}

function describe(payload: Payload): string {
  const decoder = new TextDecoder('latin1');
  const entries = [...payload].map(([path, { data, mode }]) => [path, mode, decoder.decode(data)]);
  return JSON.stringify(entries.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)));
}

function pluginNames(volume: Volume): string {
  return Object.keys(volume)
    .filter((key) => key !== 'name')
    .join(', ');
}
