import { type PodSandbox, PodSandboxState } from '#kube/cri/api_pb.ts';
import { wrapped } from '#cli/command/errors.ts';
import type { CrictlContext } from '#cli/crictl/context.ts';
import { fatal, matchesPattern, newestOf } from '#cli/crictl/filters.ts';
import type { RemoteRuntime } from '#cli/crictl/remote/remote-runtime.ts';

export interface PodChoice {
  id?: string;
  name: string;
  namespace: string;
  /** `ready` or `notready`; any if empty. */
  state: string;
  labels: Readonly<Record<string, string>>;
  latest: boolean;
  last: number;
}

const states: Readonly<Record<string, PodSandboxState>> = {
  ready: PodSandboxState.SANDBOX_READY,
  notready: PodSandboxState.SANDBOX_NOTREADY,
};

/** Sandboxes that are meant, the newest first (crictl, sandbox.go, ListPodSandboxes). */
export async function listPods(
  { clock }: CrictlContext,
  runtime: RemoteRuntime,
  choice: PodChoice,
): Promise<PodSandbox[]> {
  const { id = '', labels, name, namespace } = choice;
  const state = choice.state === '' ? undefined : states[choice.state.toLowerCase()];
  if (choice.state !== '' && state === undefined) {
    throw fatal(clock, '--state should be ready or notready');
  }
  const found = await wrapped('call list sandboxes RPC', () =>
    runtime.listPodSandbox({
      id,
      labelSelector: labels,
      ...(state !== undefined && { state: { state } }),
    }),
  );
  const matching = found.filter(
    ({ metadata }) =>
      metadata &&
      matchesPattern(name, metadata.name) &&
      matchesPattern(namespace, metadata.namespace),
  );
  return newestOf(matching, choice);
}
