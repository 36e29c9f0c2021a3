import type { PodRef } from '#base/trace-records.ts';
import { uidOnNode } from '#kube/mirror-pods.ts';
import type { ContainerStatus, Pod } from '#kube/types.ts';
import type {
  NodeSurvey,
  SurveyedCgroup,
  SurveyedLink,
  SurveyedMount,
  SurveyedNamespaces,
  SurveyedProcess,
} from '#rpc/contracts.ts';

export type NamespaceKind = keyof SurveyedNamespaces;

/** In the order in which a reader meets them. */
export const namespaceKinds = ['net', 'ipc', 'uts', 'pid', 'mnt', 'cgroup', 'user'] as const;

export interface MappedContainer {
  id: string;
  /** As its pod names it; `pause` of the sandbox. */
  name: string;
  /** The first is the container's own first. */
  processes: readonly SurveyedProcess[];
  cgroup: SurveyedCgroup | undefined;
  /** What it sees mounted that the node does not show at the same place by itself. */
  mounts: readonly SurveyedMount[];
}

export interface MappedPod {
  uid: string;
  /** Nothing of a pod that neither the API nor the trace knows. */
  name: string | undefined;
  namespace: string | undefined;
  /** pause first. */
  containers: readonly MappedContainer[];
  cgroup: SurveyedCgroup | undefined;
  /** The pod's end of its network. */
  link: SurveyedLink | undefined;
  /** The other end of it, on the node. */
  port: SurveyedLink | undefined;
}

export interface NodeMap {
  pods: readonly MappedPod[];
  /** Of the node's first process. */
  own: SurveyedNamespaces | undefined;
  /** Those of no pod. */
  processes: readonly SurveyedProcess[];
  /** Of the node's own network, without what belongs to pods. */
  links: readonly SurveyedLink[];
  cgroups: readonly SurveyedCgroup[];
}

/** As the kubelet and the shim name control groups: …/podUID/ID. */
const ofContainer = /\/pod([0-9a-f-]{36})\/([0-9a-f]{64})/;
/** Mounts that every container has, of the kernel's own file systems. */
const kernelOwn: ReadonlySet<string> = new Set(['proc', 'sysfs', 'cgroup2', 'devpts', 'mqueue']);

/** @param known pods that the trace has told of, also such as are no more */
export function mapNode(
  survey: NodeSurvey,
  pods: readonly Pod[],
  known: ReadonlyMap<string, PodRef> = new Map(),
): NodeMap {
  const own = survey.processes.find(({ pid }) => pid === 1)?.namespaces;
  const byPod = new Map<string, Map<string, SurveyedProcess[]>>();
  const rest: SurveyedProcess[] = [];
  for (const process of survey.processes) {
    const [, uid, id] = ofContainer.exec(process.cgroup) ?? [];
    if (uid === undefined || id === undefined) {
      rest.push(process);
      continue;
    }
    const containers = byPod.get(uid) ?? new Map<string, SurveyedProcess[]>();
    byPod.set(uid, containers);
    containers.set(id, [...(containers.get(id) ?? []), process]);
  }
  const mapped = [...byPod].map(([uid, containers]) => {
    const pod = pods.find((each) => uidOnNode(each) === uid);
    return mapPod({ survey, own, uid, containers, pod, ref: known.get(uid) });
  });
  const ports = new Set(mapped.map(({ port }) => port));
  return {
    pods: mapped.sort((one, other) => (one.name ?? one.uid).localeCompare(other.name ?? other.uid)),
    own,
    processes: rest,
    links: survey.links.filter((link) => link.namespace === own?.net && !ports.has(link)),
    cgroups: survey.cgroups,
  };
}

interface PodParts {
  survey: NodeSurvey;
  own: SurveyedNamespaces | undefined;
  uid: string;
  containers: ReadonlyMap<string, readonly SurveyedProcess[]>;
  pod: Pod | undefined;
  ref: PodRef | undefined;
}

function mapPod({ survey, own, uid, containers, pod, ref }: PodParts): MappedPod {
  const statuses = containerStatuses(pod);
  const list = [...containers].map(([id, processes]) => {
    const [first] = processes;
    const name =
      statuses.find(({ containerID }) => containerID?.endsWith(id))?.name ??
      sandboxName(first?.name) ??
      id.slice(0, 12);
    return {
      id,
      name,
      processes,
      cgroup: survey.cgroups.find(({ path }) => path.endsWith(`/pod${uid}/${id}`)),
      mounts: mountsOf(survey.mounts, first?.namespaces, own),
    };
  });
  const isPause = ({ name }: MappedContainer) => (name === 'pause' ? 0 : 1);
  list.sort((one, other) => isPause(one) - isPause(other));
  // Of a pod that is a virtual machine the shim stays in the node's.
  const net = list
    .flatMap(({ processes }) => processes.map(({ namespaces }) => namespaces.net))
    .find((each) => each !== own?.net);
  const link = survey.links.find(
    ({ namespace, name, kind }) => namespace === net && name !== 'lo' && kind !== 'tun',
  );
  return {
    uid,
    name: pod?.metadata?.name ?? ref?.name,
    namespace: pod?.metadata?.namespace ?? ref?.namespace,
    containers: list,
    cgroup: survey.cgroups.find(({ path }) => path.endsWith(`/pod${uid}`)),
    link,
    port:
      link &&
      survey.links.find(({ namespace, index }) => namespace === own?.net && index === link.peer),
  };
}

export function containerStatuses(pod: Pod | undefined): readonly ContainerStatus[] {
  const { initContainerStatuses = [], containerStatuses = [] } = pod?.status ?? {};
  return [...initContainerStatuses, ...containerStatuses];
}

/** What a process sees mounted, without what every one does, unless it sees what the machine's first does. */
export function mountsOf(
  mounts: readonly SurveyedMount[],
  of: SurveyedNamespaces | undefined,
  own: SurveyedNamespaces | undefined,
): readonly SurveyedMount[] {
  return mounts.filter(
    ({ namespace, type, point }) =>
      namespace === of?.mnt &&
      namespace !== own?.mnt &&
      !kernelOwn.has(type) &&
      !/^\/(dev|proc|sys)(\/|$)/.test(point),
  );
}

/** Of a sandbox's own group: its pause, or, of a pod that is a virtual machine, what stands for that on the node. */
function sandboxName(process: string | undefined): string | undefined {
  if (process === 'pause') return 'pause';
  // The kernel keeps 15 characters of a name.
  return process?.startsWith('sandglass-shim-') ? 'shim, VMM' : undefined;
}

/** Neighbours in a row of a pod's table that share one namespace. */
export interface Share {
  id: number;
  /** Columns that it takes. */
  span: number;
  /** It is the node's own. */
  isNodes: boolean;
}

/** Of one kind of namespace: the node's, then that of each container's first process; neighbours that share are one. */
export function sharesOf(
  kind: NamespaceKind,
  own: SurveyedNamespaces | undefined,
  containers: readonly MappedContainer[],
): readonly Share[] {
  const ids = [own?.[kind], ...containers.map(({ processes }) => processes[0]?.namespaces[kind])];
  const shares: Share[] = [];
  for (const id of ids) {
    const last = shares.at(-1);
    if (last && last.id === id) last.span++;
    else shares.push({ id: id ?? 0, span: 1, isNodes: id === own?.[kind] });
  }
  return shares;
}

/** A control group with those below it, for a tree. */
export interface GroupRow {
  group: SurveyedCgroup;
  depth: number;
  /** Its own name, or that of the pod or container that it is of. */
  name: string;
}

/** Pods' groups and those above them, and what else lies at the top. */
export function groupRows({ cgroups, pods }: NodeMap): readonly GroupRow[] {
  const names = new Map<string, string>();
  for (const pod of pods) {
    names.set(`pod${pod.uid}`, pod.name ?? `pod${pod.uid}`);
    for (const { id, name } of pod.containers) names.set(id, name);
  }
  return [...cgroups]
    .sort((one, other) => (one.path < other.path ? -1 : 1))
    .map((group) => {
      const parts = group.path.split('/').filter((part) => part !== '');
      const last = parts.at(-1) ?? '/';
      return { group, depth: parts.length, name: names.get(last) ?? last };
    });
}

/** Command lines that show a process, the simplest first. */
export function commandsFor({ pid, cgroup }: SurveyedProcess): readonly string[] {
  const id = ofContainer.exec(cgroup)?.[2];
  return [
    `lsns -p ${pid}`,
    `cat /proc/${pid}/cgroup`,
    `ls -l /proc/${pid}/ns`,
    `nsenter -t ${pid} -n ip addr`,
    `nsenter -t ${pid} -p -r ps`,
    `cat /proc/${pid}/mountinfo`,
    ...(id === undefined ? [] : [`crictl ps --id ${id.slice(0, 13)}`]),
  ];
}
