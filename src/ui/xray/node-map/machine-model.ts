import { uidOnNode } from '#kube/mirror-pods.ts';
import type { Pod } from '#kube/types.ts';
import type {
  MachineSurvey,
  NodeSurvey,
  SurveyedCgroup,
  SurveyedDevice,
  SurveyedKernel,
  SurveyedLink,
  SurveyedMount,
  SurveyedProcess,
} from '#rpc/contracts.ts';
import { containerStatuses, mountsOf } from './node-model.ts';

/** A pod that is a virtual machine, from both sides. No process is of both. */
export interface MachinePod {
  machine: MachineSurvey;
  /** Nothing of a pod that neither the API nor the trace knows. */
  name: string | undefined;
  namespace: string | undefined;
  host: HostView;
  /** Nothing while the machine has not answered. */
  guest: GuestView | undefined;
}

/** What the node has of it. */
export interface HostView {
  kernel: SurveyedKernel;
  /** The shim, and its child, the VMM. */
  processes: readonly SurveyedProcess[];
  /** Theirs: the machine's memory is not in it, as its emulator runs outside of the node. */
  cgroup: SurveyedCgroup | undefined;
  /** In the pod's network namespace: eth0, and the tap that it is joined to. */
  links: readonly SurveyedLink[];
  /** eth0's other end, in the node's own. */
  port: SurveyedLink | undefined;
  /** What is mounted below the directory that the machine shares. */
  shared: readonly SharedMount[];
}

export interface SharedMount {
  /** Below the shared directory. */
  path: string;
  type: string;
  readOnly: boolean;
}

/** What there is in the machine. */
export interface GuestView {
  kernel: SurveyedKernel;
  devices: readonly SurveyedDevice[];
  /** Its first process. */
  agent: SurveyedProcess | undefined;
  /** Of no container: a debug console's shell. */
  processes: readonly SurveyedProcess[];
  /** pause first. */
  containers: readonly GuestContainer[];
  links: readonly SurveyedLink[];
  /** The agent's. */
  mounts: readonly SurveyedMount[];
}

export interface GuestContainer {
  id: string;
  name: string;
  processes: readonly SurveyedProcess[];
  cgroup: SurveyedCgroup | undefined;
  mounts: readonly SurveyedMount[];
}

/** Kata's own names (src/runtimes/kata/kata-paths.ts). */
const sharedDirectory = (sandboxId: string) =>
  `/run/kata-containers/shared/sandboxes/${sandboxId}/shared/`;

export function mapMachine(
  machine: MachineSurvey,
  node: NodeSurvey,
  pods: readonly Pod[],
): MachinePod {
  const pod = pods.find((each) => uidOnNode(each) === machine.pod?.uid);
  return {
    machine,
    name: pod?.metadata?.name ?? machine.pod?.name,
    namespace: pod?.metadata?.namespace ?? machine.pod?.namespace,
    host: hostView(machine, node),
    guest: machine.survey && guestView(machine, machine.survey, pod),
  };
}

function hostView({ sandboxId }: MachineSurvey, node: NodeSurvey): HostView {
  const { kernel, cgroups, links, mounts } = node;
  const processes = node.processes
    .filter(({ cgroup }) => cgroup.split('/').includes(sandboxId))
    .sort((one, other) => one.pid - other.pid);
  const own = node.processes.find(({ pid }) => pid === 1)?.namespaces;
  // The shim stays in the node's network, the VMM is in the pod's.
  const net = processes.map(({ namespaces }) => namespaces.net).find((each) => each !== own?.net);
  const ofPod = links.filter(({ namespace, name }) => namespace === net && name !== 'lo');
  const [end] = ofPod.filter(({ kind }) => kind === 'veth');
  const shared = sharedDirectory(sandboxId);
  return {
    kernel,
    processes,
    cgroup: cgroups.find(({ path }) => path.endsWith(`/${sandboxId}`)),
    links: [...ofPod].sort((one, other) => one.index - other.index),
    port: end && links.find((each) => each.namespace === own?.net && each.index === end.peer),
    shared: mounts
      .filter(({ namespace, point }) => namespace === own?.mnt && point.startsWith(shared))
      .map(({ point, type, readOnly }) => ({ path: point.slice(shared.length), type, readOnly })),
  };
}

/** As the agent names control groups: by the container. */
function containerOf({ cgroup }: SurveyedProcess, ids: ReadonlySet<string>): string | undefined {
  return cgroup.split('/').find((part) => ids.has(part));
}

function guestView(
  { sandboxId }: MachineSurvey,
  survey: NodeSurvey,
  pod: Pod | undefined,
): GuestView {
  const agent = survey.processes.find(({ pid }) => pid === 1);
  const ids = new Set(
    survey.cgroups.map(({ path }) => path.slice(1)).filter((name) => /^[0-9a-f]{64}$/.test(name)),
  );
  const containers = [...ids].map((id): GuestContainer => {
    const processes = survey.processes.filter((process) => containerOf(process, ids) === id);
    const known = containerStatuses(pod).find(({ containerID }) => containerID?.endsWith(id));
    return {
      id,
      name: id === sandboxId ? 'pause' : (known?.name ?? id.slice(0, 12)),
      processes,
      cgroup: survey.cgroups.find(({ path }) => path === `/${id}`),
      mounts: mountsOf(survey.mounts, processes[0]?.namespaces, agent?.namespaces),
    };
  });
  const isPause = ({ id }: GuestContainer) => (id === sandboxId ? 0 : 1);
  return {
    kernel: survey.kernel,
    devices: survey.devices,
    agent,
    processes: survey.processes.filter(
      (process) => process !== agent && containerOf(process, ids) === undefined,
    ),
    containers: containers.sort((one, other) => isPause(one) - isPause(other)),
    links: survey.links.filter(({ name }) => name !== 'lo'),
    mounts: mountsOf(survey.mounts, agent?.namespaces, undefined),
  };
}
