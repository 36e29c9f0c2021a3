import { timeOf } from '#kube/time.ts';
import type { ContainerStatus, Pod, TableRowCondition } from '#kube/types.ts';
import { since } from '#kube/human-duration.ts';
import { ageColumn, column, nameColumn, type Printer } from './printer.ts';

/** upstream: pkg/printers/internalversion/printers.go, printPod */
export const podPrinter: Printer<Pod> = {
  columns: [
    nameColumn,
    column('Ready', 'The aggregate readiness state of this pod for accepting traffic.'),
    column('Status', 'The aggregate status of the containers in this pod.'),
    column(
      'Restarts',
      'The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.',
    ),
    ageColumn,
    column('IP', 'Address of the pod, reachable at least within the cluster.', { wide: true }),
    column('Node', 'Name of the node that the pod is assigned to.', { wide: true }),
    column('Nominated Node', 'Node that a preemption makes room on for this pod.', { wide: true }),
    column('Readiness Gates', 'Conditions, beside the containers, that readiness waits for.', {
      wide: true,
    }),
  ],
  row(pod, now) {
    const summary = summarize(pod);
    const { restarts, lastRestart } = summary;
    const restartsText =
      restarts !== 0 && lastRestart !== undefined
        ? `${restarts} (${since(lastRestart, now)} ago)`
        : String(restarts);
    const conditions = completed[pod.status?.phase ?? ''];
    return {
      cells: [
        pod.metadata?.name ?? '',
        `${summary.ready}/${summary.containers}`,
        summary.reason,
        restartsText,
        since(pod.metadata?.creationTimestamp, now),
        orNone(pod.status?.podIPs?.[0]?.ip),
        orNone(pod.spec?.nodeName),
        orNone(pod.status?.nominatedNodeName),
        readinessGates(pod),
      ],
      ...(conditions ? { conditions: [conditions] } : {}),
    };
  },
};

const completed: Readonly<Record<string, TableRowCondition>> = {
  Succeeded: {
    type: 'Completed',
    status: 'True',
    reason: 'Succeeded',
    message: 'The pod has completed successfully.',
  },
  Failed: { type: 'Completed', status: 'True', reason: 'Failed', message: 'The pod failed.' },
};

interface Restarts {
  restarts: number;
  /** When the latest of the ended containers ended. */
  lastRestart: string | undefined;
}

interface Summary extends Restarts {
  containers: number;
  ready: number;
  reason: string;
}

function summarize(pod: Pod): Summary {
  const phase = pod.status?.phase ?? '';
  const sidecars = namesOfSidecars(pod);
  const init = summarizeInit(pod, sidecars);
  const summary: Summary = {
    containers: (pod.spec?.containers.length ?? 0) + sidecars.size,
    ready: init.ready,
    reason: init.reason ?? reasonOfPod(pod, phase),
    ...init.all,
  };
  if (init.reason === undefined || hasCondition(pod, 'Initialized')) {
    summarizeMain(pod, summary, init.sidecars);
  }
  if (pod.metadata?.deletionTimestamp !== undefined) {
    if (pod.status?.reason === 'NodeLost') summary.reason = 'Unknown';
    else if (phase !== 'Succeeded' && phase !== 'Failed') summary.reason = 'Terminating';
  }
  return summary;
}

function reasonOfPod(pod: Pod, phase: string): string {
  const isGated = pod.status?.conditions?.some(
    ({ type, reason }) => type === 'PodScheduled' && reason === 'SchedulingGated',
  );
  if (isGated) return 'SchedulingGated';
  const reason = pod.status?.reason ?? '';
  return reason === '' ? phase : reason;
}

interface InitSummary {
  all: Restarts;
  sidecars: Restarts;
  ready: number;
  /** Set while a container keeps the pod from being initialized. */
  reason: string | undefined;
}

function summarizeInit(pod: Pod, sidecars: ReadonlySet<string>): InitSummary {
  const summary: InitSummary = {
    all: { restarts: 0, lastRestart: undefined },
    sidecars: { restarts: 0, lastRestart: undefined },
    ready: 0,
    reason: undefined,
  };
  for (const [at, container] of (pod.status?.initContainerStatuses ?? []).entries()) {
    const isSidecar = sidecars.has(container.name);
    addRestarts(summary.all, container);
    if (isSidecar) addRestarts(summary.sidecars, container);
    if (container.state?.terminated?.exitCode === 0) continue;
    if (isSidecar && container.started === true) {
      if (container.ready) summary.ready++;
      continue;
    }
    summary.reason = initReason(container, at, pod.spec?.initContainers?.length ?? 0);
    break;
  }
  return summary;
}

function initReason({ state }: ContainerStatus, at: number, total: number): string {
  if (state?.terminated) return `Init:${terminatedReason(state.terminated)}`;
  const waiting = state?.waiting?.reason ?? '';
  return waiting !== '' && waiting !== 'PodInitializing'
    ? `Init:${waiting}`
    : `Init:${at}/${total}`;
}

function summarizeMain(pod: Pod, summary: Summary, sidecars: Restarts): void {
  summary.restarts = sidecars.restarts;
  summary.lastRestart = sidecars.lastRestart;
  let hasRunning = false;
  for (const container of (pod.status?.containerStatuses ?? []).toReversed()) {
    addRestarts(summary, container);
    const { state } = container;
    const waiting = state?.waiting?.reason ?? '';
    if (waiting !== '') {
      summary.reason = waiting;
    } else if (state?.terminated) {
      summary.reason = terminatedReason(state.terminated);
    } else if (container.ready && state?.running) {
      hasRunning = true;
      summary.ready++;
    }
  }
  if (summary.reason === 'Completed' && hasRunning) {
    summary.reason = hasCondition(pod, 'Ready') ? 'Running' : 'NotReady';
  }
}

function terminatedReason(terminated: {
  exitCode: number;
  reason?: string;
  signal?: number;
}): string {
  const { exitCode, reason = '', signal = 0 } = terminated;
  if (reason !== '') return reason;
  return signal !== 0 ? `Signal:${signal}` : `ExitCode:${exitCode}`;
}

function addRestarts(restarts: Restarts, container: ContainerStatus): void {
  restarts.restarts += container.restartCount;
  const finished = container.lastState?.terminated?.finishedAt ?? undefined;
  if (timeOf(finished) > timeOf(restarts.lastRestart)) restarts.lastRestart = finished;
}

function namesOfSidecars(pod: Pod): ReadonlySet<string> {
  const containers = pod.spec?.initContainers ?? [];
  return new Set(
    containers.filter(({ restartPolicy }) => restartPolicy === 'Always').map(({ name }) => name),
  );
}

function hasCondition(pod: Pod, wanted: string): boolean {
  const condition = pod.status?.conditions?.find(({ type }) => type === wanted);
  return condition?.status === 'True';
}

function readinessGates(pod: Pod): string {
  const gates = pod.spec?.readinessGates ?? [];
  if (gates.length === 0) return '<none>';
  const open = gates.filter(({ conditionType }) => hasCondition(pod, conditionType));
  return `${open.length}/${gates.length}`;
}

function orNone(text: string | undefined): string {
  return text === undefined || text === '' ? '<none>' : text;
}
