import { asSandglassError } from '#base/errors.ts';
import { quote } from '#kube/go-text.ts';
import {
  type ContainerConfig,
  ContainerConfigSchema,
  type PodSandboxConfig,
  PodSandboxConfigSchema,
} from '#kube/cri/api_pb.ts';
import { failure } from '#cli/command/errors.ts';
import { readText } from '#cli/crictl/configuration.ts';
import type { CrictlContext } from '#cli/crictl/context.ts';
import { protoText } from '#cli/crictl/output/proto-text.ts';
import { decodeMessage } from './decode.ts';

/** A sandbox's configuration out of a file; without a UID it gets one (crictl, util.go, loadPodSandboxConfig). */
export async function loadPodConfig(
  context: CrictlContext,
  path: string,
): Promise<PodSandboxConfig> {
  const config = decodeMessage(PodSandboxConfigSchema, await readConfig(context, path));
  const { metadata, linux } = config;
  if (!metadata) throw failure('metadata is not set');
  if (metadata.uid === '') metadata.uid = crypto.randomUUID();
  if (metadata.name === '' || metadata.namespace === '') {
    throw failure(`name or namespace is not in metadata ${quote(protoText(metadata))}`);
  }
  if (linux && linux.cgroupParent === '') {
    await context.log.warn(
      'cgroup_parent is not set. Use `runtime-config` to get the runtime cgroup driver',
    );
  }
  return config;
}

/** A container's configuration out of a file (crictl, util.go, loadContainerConfig). */
export async function loadContainerConfig(
  context: CrictlContext,
  path: string,
): Promise<ContainerConfig> {
  const config = decodeMessage(ContainerConfigSchema, await readConfig(context, path));
  const { metadata, image } = config;
  if (!metadata) throw failure('metadata is not set');
  if (metadata.name === '') {
    throw failure(`name is not in metadata ${quote(protoText(metadata))}`);
  }
  if (!image) throw failure('image is not set');
  if (image.image === '') {
    throw failure(`image field is not set in image ${quote(protoText(image))}`);
  }
  return config;
}

async function readConfig({ files, signal }: CrictlContext, path: string): Promise<string> {
  try {
    return await readText(files, path, signal);
  } catch (error) {
    if (asSandglassError(error).errno === 'ENOENT') throw failure(`config at ${path} not found`);
    throw error;
  }
}
