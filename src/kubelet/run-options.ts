import { SandglassError } from '#base/errors.ts';
import type { Pod, VolumeMount } from '#kube/types.ts';
import { type EnvironmentContext, makeEnvironment } from './env/environment.ts';
import { expand } from './env/expansion.ts';
import type { ContainerMount, RunContainerOptions } from './kuberuntime/container-config.ts';
import type { StartRequest } from './kuberuntime/container-starter.ts';
import { podHostnameAndDomain } from './kuberuntime/hostname.ts';
import { managedHostsFile, nodeHostsFile } from './kuberuntime/hosts-file.ts';
import { containerDirectory, hostsFilePath } from './pod-directories.ts';
import { isHostNetworkPod, uidOf } from './pod-facts.ts';
import type { NodeFacts, NodeFiles } from './ports.ts';
import { resolveRecursiveReadOnly } from './recursive-read-only.ts';
import { resolveSubPath } from './volumemanager/sub-path.ts';
import type { VolumeManager } from './volumemanager/volume-manager.ts';

/** Bytes of a file that the kubelet reads out of a volume. */
const maxVolumeFile = 1 << 20;

export interface RunOptionsSources {
  files: NodeFiles;
  volumes: VolumeManager;
  facts: () => NodeFacts;
  clusterDomain: string;
  random: () => number;
  environment: Omit<EnvironmentContext, 'addresses' | 'volumeFile'>;
  /** Whether the handler of the pod's RuntimeClass can. */
  supportsRecursiveReadOnly: (pod: Pod) => Promise<boolean>;
}

/** What a container is started with beside its spec (kubelet_pods.go, GenerateRunContainerOptions). */
export class RunOptions {
  readonly #sources: RunOptionsSources;

  constructor(sources: RunOptionsSources) {
    this.#sources = sources;
  }

  async generate(
    request: StartRequest,
  ): Promise<Omit<RunContainerOptions, 'image' | 'restartCount' | 'cpuset'>> {
    const { pod, container, sandbox } = request;
    const { environment: sources, facts } = this.#sources;
    const { address, memoryBytes } = facts();
    const podIPs = isHostNetworkPod(pod) ? [address] : sandbox.ips;
    const environment = await makeEnvironment(pod, container, {
      ...sources,
      addresses: { podIPs, hostIP: address },
      volumeFile: (volume, path) => this.#volumeFile(request, volume, path),
    });
    const [volumes, hosts, terminationLog] = await Promise.all([
      this.#volumeMounts(request, environment),
      this.#hostsMount(request, podIPs),
      this.#terminationLogMount(request),
    ]);
    return {
      environment,
      mounts: [...volumes, ...hosts, ...terminationLog],
      memoryCapacity: memoryBytes,
      volumeGroups: [],
    };
  }

  async #volumeFile({ pod, signal }: StartRequest, volume: string, path: string): Promise<string> {
    const { files, volumes } = this.#sources;
    const mounted = volumes.mountedVolumes(uidOf(pod)).get(volume);
    if (mounted === undefined) {
      throw new SandglassError('failed-precondition', `volume "${volume}" is not mounted`);
    }
    const file = await resolveSubPath(files, mounted, path, signal, 'fail');
    // A pipe would be waited for, and an endless file read, for as long as a container likes.
    const { type, size } = await files.stat(file, signal);
    if (type !== 'file' || size > maxVolumeFile) {
      throw new SandglassError(
        'invalid-argument',
        `it is not a regular file of at most ${maxVolumeFile} bytes`,
      );
    }
    return await files.readText(file, { signal });
  }

  async #volumeMounts(
    { pod, container, signal }: StartRequest,
    environment: ReadonlyMap<string, string>,
  ): Promise<ContainerMount[]> {
    const mounted = this.#sources.volumes.mountedVolumes(uidOf(pod));
    const mounts: ContainerMount[] = [];
    const asksForRecursion = container.volumeMounts?.some(
      ({ recursiveReadOnly = 'Disabled' }) => recursiveReadOnly !== 'Disabled',
    );
    const supported =
      asksForRecursion === true && (await this.#sources.supportsRecursiveReadOnly(pod));
    // In order, for a mount may lie on another.
    for (const mount of container.volumeMounts ?? []) {
      const volume = mounted.get(mount.name);
      if (volume === undefined) {
        throw new SandglassError(
          'not-found',
          `cannot find volume "${mount.name}" to mount into container "${container.name}"`,
        );
      }
      const subPath = subPathOf(mount, environment);
      const hostPath =
        subPath === ''
          ? volume
          : await resolveSubPath(this.#sources.files, volume, subPath, signal);
      mounts.push({
        hostPath,
        containerPath: mount.mountPath.startsWith('/') ? mount.mountPath : `/${mount.mountPath}`,
        readOnly: mount.readOnly === true || isWrittenByKubelet(pod, mount.name),
        recursiveReadOnly: resolveRecursiveReadOnly(mount, supported),
        propagation: propagationOf(mount),
      });
    }
    return mounts;
  }

  async #hostsMount(
    { pod, container, signal }: StartRequest,
    podIPs: readonly string[],
  ): Promise<ContainerMount[]> {
    const hasOwn =
      container.volumeMounts?.some(({ mountPath }) => mountPath === '/etc/hosts') ?? false;
    if (hasOwn || podIPs.length === 0) return [];
    const { files, clusterDomain } = this.#sources;
    const aliases = pod.spec?.hostAliases ?? [];
    const path = hostsFilePath(uidOf(pod));
    let content: string;
    if (isHostNetworkPod(pod)) {
      content = nodeHostsFile(await files.readText('/etc/hosts', { signal }), aliases);
    } else {
      const { hostname, domain } = podHostnameAndDomain(pod, clusterDomain);
      content = managedHostsFile(podIPs, hostname, domain, aliases);
    }
    await files.write(path, content, { mode: 0o644, signal });
    return [bind(path, '/etc/hosts')];
  }

  /** A file of the node for what the container has to say when it ends. */
  async #terminationLogMount({ pod, container, signal }: StartRequest): Promise<ContainerMount[]> {
    const target = container.terminationMessagePath ?? '';
    if (target === '') return [];
    const { files, random } = this.#sources;
    const directory = containerDirectory(uidOf(pod), container.name);
    const path = `${directory}/${Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0')}`;
    await files.write(path, '', { mode: 0o666, signal });
    // Whoever the container runs as must be able to write, whatever the umask.
    await files.changeMode(path, 0o666, signal);
    return [bind(path, target)];
  }
}

function bind(hostPath: string, containerPath: string): ContainerMount {
  return {
    hostPath,
    containerPath,
    readOnly: false,
    recursiveReadOnly: false,
    propagation: 'private',
  };
}

function subPathOf(
  { subPath = '', subPathExpr = '' }: VolumeMount,
  environment: ReadonlyMap<string, string>,
): string {
  const path = subPathExpr === '' ? subPath : expand(subPathExpr, (name) => environment.get(name));
  if (path.startsWith('/')) {
    throw new SandglassError(
      'invalid-argument',
      `error SubPath \`${path}\` must not be an absolute path`,
    );
  }
  if (path.split('/').includes('..')) {
    throw new SandglassError(
      'invalid-argument',
      `unable to provision SubPath \`${path}\`: must not contain '..'`,
    );
  }
  return path;
}

/** Whatever a container wrote there would be lost with the next update. */
function isWrittenByKubelet(pod: Pod, name: string): boolean {
  const volume = pod.spec?.volumes?.find((candidate) => candidate.name === name);
  return (
    (volume?.configMap ?? volume?.secret ?? volume?.downwardAPI ?? volume?.projected) !== undefined
  );
}

function propagationOf({ mountPropagation }: VolumeMount): ContainerMount['propagation'] {
  if (mountPropagation === 'HostToContainer') return 'host-to-container';
  return mountPropagation === 'Bidirectional' ? 'bidirectional' : 'private';
}
