import type { Container, ContainerRestartRule, Pod } from '#kube/types.ts';
import { type PodStatus, findContainerStatus } from '#kubelet/container/types.ts';
import { isDeleted } from '#kubelet/pod-facts.ts';

export function shouldRestartOnFailure(pod: Pod): boolean {
  return pod.spec?.restartPolicy !== 'Never';
}

/** Whether a regular container that does not run is to be started (pkg/kubelet/container/helpers.go, ShouldContainerBeRestarted). */
export function shouldContainerBeRestarted(
  container: Container,
  pod: Pod,
  status: PodStatus,
): boolean {
  if (isDeleted(pod)) return false;
  const last = findContainerStatus(status, container.name);
  if (!last || last.state === 'unknown' || last.state === 'created') return true;
  if (last.state === 'running') return false;
  return restartsAfter(container, pod, last.exitCode);
}

/** What the pod's policy, or the container's own (KEP-5307), says of an exit code. */
export function restartsAfter(container: Container, pod: Pod, exitCode: number): boolean {
  if (container.restartPolicyRules?.some((rule) => matches(rule, exitCode))) return true;
  const policy = container.restartPolicy ?? pod.spec?.restartPolicy ?? 'Always';
  if (policy === 'Always') return true;
  return policy === 'OnFailure' && exitCode !== 0;
}

function matches({ action, exitCodes }: ContainerRestartRule, exitCode: number): boolean {
  if (action !== 'Restart' || !exitCodes) return false;
  const listed = exitCodes.values?.includes(exitCode) ?? false;
  return exitCodes.operator === 'NotIn' ? !listed : listed;
}
