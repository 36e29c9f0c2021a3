import { create } from '@bufbuild/protobuf';
import {
  type ContainerConfig,
  ContainerConfigSchema,
  MountPropagation,
  Signal,
} from '#kube/cri/api_pb.ts';
import type { Container, Pod } from '#kube/types.ts';
import { expand } from '#kubelet/env/expansion.ts';
import type { EnsuredImage } from '#kubelet/images/image-manager.ts';
import { containerResources } from './container-resources.ts';
import { newContainerAnnotations, newContainerLabels } from './labels.ts';
import { containerLogPath } from './log-paths.ts';
import { containerSecurityContext } from './security-context.ts';

/** A path of the node in a container. */
export interface ContainerMount {
  hostPath: string;
  containerPath: string;
  readOnly: boolean;
  recursiveReadOnly: boolean;
  propagation: 'private' | 'host-to-container' | 'bidirectional';
}

/** All that a container's configuration is made of beside its spec (RunContainerOptions). */
export interface RunContainerOptions {
  environment: ReadonlyMap<string, string>;
  mounts: readonly ContainerMount[];
  image: EnsuredImage;
  restartCount: number;
  memoryCapacity: number;
  volumeGroups: readonly number[];
  /** CPUs that are the container's alone, as cpuset has them; empty for the shared ones. */
  cpuset: string;
}

const propagations = {
  private: MountPropagation.PROPAGATION_PRIVATE,
  'host-to-container': MountPropagation.PROPAGATION_HOST_TO_CONTAINER,
  bidirectional: MountPropagation.PROPAGATION_BIDIRECTIONAL,
} as const;

/** kuberuntime_container.go, generateContainerConfig */
export function containerConfig(
  pod: Pod,
  container: Container,
  options: RunContainerOptions,
): ContainerConfig {
  const { environment, image, restartCount } = options;
  const expanded = (texts: readonly string[] = []) =>
    texts.map((text) => expand(text, (name) => environment.get(name)));
  const encoder = new TextEncoder();
  return create(ContainerConfigSchema, {
    metadata: { name: container.name, attempt: restartCount },
    image: { image: image.ref, userSpecifiedImage: container.image ?? '' },
    command: expanded(container.command),
    args: expanded(container.args),
    workingDir: container.workingDir ?? '',
    labels: newContainerLabels(container, pod),
    annotations: newContainerAnnotations(container, pod, restartCount),
    mounts: options.mounts.map(
      ({ hostPath, containerPath, readOnly, recursiveReadOnly, propagation }) => ({
        hostPath,
        containerPath,
        readonly: readOnly,
        recursiveReadOnly,
        propagation: propagations[propagation],
      }),
    ),
    logPath: containerLogPath(container.name, restartCount),
    stdin: container.stdin ?? false,
    stdinOnce: container.stdinOnce ?? false,
    tty: container.tty ?? false,
    envs: [...environment].map(([key, value]) => ({ key, value: encoder.encode(value) })),
    stopSignal: Signal.RUNTIME_DEFAULT,
    linux: {
      resources: {
        ...containerResources(pod, container, options.memoryCapacity),
        cpusetCpus: options.cpuset,
      },
      securityContext: containerSecurityContext(pod, container, image, options.volumeGroups),
    },
  });
}
