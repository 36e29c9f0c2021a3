import { SandglassError } from '#base/errors.ts';
import type { AgentClient } from '#guest/agent-client.ts';
import { type SecurityProfile, SecurityProfile_ProfileType } from '#kube/cri/api_pb.ts';
import type { SeccompSpec } from '#oci/runtime-spec.ts';

/** containerd, internal/cri/sputil/seccomp_linux.go */
export async function seccompOf(
  profile: SecurityProfile | undefined,
  privileged: boolean,
  runtimeDefault: () => SeccompSpec,
  agent: AgentClient,
): Promise<SeccompSpec | undefined> {
  if (privileged || !profile) return undefined;
  const { profileType, localhostRef } = profile;
  if (profileType !== SecurityProfile_ProfileType.Localhost && localhostRef !== '') {
    throw invalid(
      'seccomp config invalid LocalhostRef must only be set if ProfileType is Localhost',
    );
  }
  switch (profileType) {
    case SecurityProfile_ProfileType.Unconfined:
      return undefined;
    case SecurityProfile_ProfileType.RuntimeDefault:
      return runtimeDefault();
    case SecurityProfile_ProfileType.Localhost:
      return localProfile(localhostRef.replace(/^localhost\//, ''), agent);
    default:
      throw invalid('seccomp unknown ProfileType');
  }
}

/** A profile in the OCI's own form, as a file on the node. */
async function localProfile(path: string, agent: AgentClient): Promise<SeccompSpec> {
  const attempt = `cannot load seccomp profile "${path}"`;
  try {
    return JSON.parse(await agent.files.readText(path)) as SeccompSpec;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SandglassError('unknown', `${attempt}: ${why}`, { cause });
  }
}

/** The node's kernel has no AppArmor: asking for it is refused (sputil/apparmor_linux.go). */
export function refuseAppArmor(profile: SecurityProfile | undefined, deprecated = ''): void {
  const wanted = profile
    ? profile.profileType !== SecurityProfile_ProfileType.Unconfined
    : deprecated !== '' && deprecated !== 'unconfined';
  if (wanted) throw invalid('failed to generate apparmor spec opts: apparmor is not supported');
}

function invalid(message: string): SandglassError {
  return new SandglassError('unknown', message);
}
