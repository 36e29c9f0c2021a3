import type { PodRef, TraceBody, TraceRecord } from '#base/trace-records.ts';
import type { TraceBatch } from '#rpc/contracts.ts';

/** Milliseconds since 1970 at which the traces of tests begin. */
export const traceStart = Date.UTC(2026, 2, 1, 12);

/** Makes records as a cluster's trace would, of what a test says. */
export class FakeTrace {
  readonly cluster: number;
  readonly #records: TraceRecord[] = [];
  #time: number;

  constructor(cluster = 1, time = traceStart) {
    this.cluster = cluster;
    this.#time = time;
  }

  /** The id of the record that comes `after` milliseconds after the last. */
  tell(body: TraceBody, after = 1): number {
    this.#time += after;
    const id = (this.#records.at(-1)?.id ?? 0) + 1;
    this.#records.push({ id, time: this.#time, ...body });
    return id;
  }

  call(
    method: string,
    request: object,
    links: object,
    takes: number,
    inside: () => object,
  ): number {
    const name = { service: 'runtime.v1.RuntimeService', method };
    const parent = this.tell({ kind: 'cri-call', ...name, request, ...links });
    const begun = this.#time;
    const { response = {}, ...more } = inside() as { response?: object };
    const rest = Math.max(0, takes - (this.#time - begun));
    const outcome = { parent, milliseconds: takes, response, ...links, ...more };
    this.tell({ kind: 'cri-return', ...name, ...outcome }, rest);
    return parent;
  }

  /** All that was told, or what came after a record. */
  batch(after = 0): TraceBatch {
    const records = this.#records.filter(({ id }) => id > after);
    return { cluster: this.cluster, records, lost: 0 };
  }
}

interface PodStart {
  pod: PodRef;
  image: string;
  /** Of the first process; the others follow. */
  pid: number;
  /** It stops before its sandbox is made, as if the call were held: gives its record. */
  heldBefore?: 'RunPodSandbox';
}

/** The start of a pod of one container, as the trace of a real one tells it, in short. */
export function tellPodStart(trace: FakeTrace, { pod, image, pid, heldBefore }: PodStart): number {
  const { name, namespace } = pod;
  const object = { resource: 'pods', namespace, name, pod };
  const sandboxId = `5a${pod.uid}`.padEnd(64, '0');
  const containerId = `c0${pod.uid}`.padEnd(64, '0');
  trace.tell({
    ...{ kind: 'api-write', verb: 'create', status: 201, resourceVersion: '41' },
    ...{ userAgent: 'kubectl', ...object },
  });
  trace.tell(
    {
      ...{ kind: 'api-write', verb: 'binding', status: 201, resourceVersion: '42' },
      ...{ userAgent: 'kube-scheduler', ...object },
    },
    6,
  );
  trace.tell({ kind: 'schedule', node: 'node-1', milliseconds: 5, pod });
  trace.tell({ kind: 'sync-loop', source: 'config', operation: 'ADD', pods: [pod], pod }, 3);
  const work = trace.tell({ kind: 'pod-worker', phase: 'sync', event: 'begin', pod });
  trace.tell(
    {
      ...{ kind: 'api-write', verb: 'patch', subresource: 'status', status: 200 },
      ...{ resourceVersion: '44', userAgent: 'kubelet', ...object },
    },
    9,
  );
  const sandbox = { pod, sandboxId };
  const request = { config: { metadata: { ...pod, attempt: 0 }, hostname: name, labels: {} } };
  if (heldBefore) {
    const call = { service: 'runtime.v1.RuntimeService', method: heldBefore };
    return trace.tell({ kind: 'cri-call', ...call, request, pod }, 14);
  }
  trace.call('RunPodSandbox', request, { pod }, 210, () => {
    const cni = { command: 'ADD', plugin: 'bridge', netns: '/run/netns/cni-5a' } as const;
    process(trace, pid, 'bridge', sandbox, 30);
    process(trace, pid + 1, 'host-local', { ...sandbox, parentPid: pid }, 10);
    trace.tell({ kind: 'cni', ...cni, configuration: {}, milliseconds: 48, ...sandbox, pid }, 20);
    process(trace, pid + 2, 'sandglass-shim', sandbox);
    process(trace, pid + 3, 'crun', { ...sandbox, parentPid: pid + 2 }, 24);
    process(trace, pid + 4, 'pause', { ...sandbox, parentPid: pid + 3 });
    const argv = ['crun', 'create', '--bundle', '/run/sandglass/x', sandboxId];
    trace.tell({ kind: 'oci', argv, exitCode: 0, milliseconds: 60, ...sandbox, pid: pid + 4 }, 8);
    const start = ['crun', 'start', sandboxId];
    trace.tell({ kind: 'oci', argv: start, exitCode: 0, milliseconds: 16, ...sandbox }, 16);
    return { response: { podSandboxId: sandboxId }, sandboxId, pid: pid + 4 };
  });
  trace.call('PullImage', { image: { image } }, { pod }, 160, () => ({
    response: { imageRef: 'sha256:1' },
  }));
  const container = { ...sandbox, containerId };
  trace.call(
    'CreateContainer',
    { podSandboxId: sandboxId, config: { metadata: { name } } },
    sandbox,
    12,
    () => ({
      response: { containerId },
      containerId,
    }),
  );
  trace.call('StartContainer', { containerId }, container, 96, () => {
    process(trace, pid + 5, 'crun', container, 20);
    process(trace, pid + 6, 'httpd', { ...container, parentPid: pid + 5 });
    const argv = ['crun', 'create', '--bundle', '/run/sandglass/y', containerId];
    trace.tell(
      { kind: 'oci', argv, exitCode: 0, milliseconds: 52, ...container, pid: pid + 6 },
      30,
    );
    return { response: {}, pid: pid + 6 };
  });
  trace.tell({
    kind: 'pod-worker',
    phase: 'sync',
    event: 'end',
    pod,
    parent: work,
    milliseconds: 530,
  });
  trace.tell(
    { kind: 'sync-loop', source: 'pleg', operation: 'ContainerStarted', pods: [pod], pod },
    40,
  );
  const again = trace.tell({ kind: 'pod-worker', phase: 'sync', event: 'begin', pod });
  trace.tell(
    {
      ...{ kind: 'api-write', verb: 'patch', subresource: 'status', status: 200 },
      ...{ resourceVersion: '50', userAgent: 'kubelet', ...object },
    },
    8,
  );
  trace.tell(
    { kind: 'pod-worker', phase: 'sync', event: 'end', pod, parent: again, milliseconds: 14 },
    6,
  );
  return 0;
}

function process(trace: FakeTrace, pid: number, name: string, links: object, life?: number): void {
  trace.tell({ parentPid: 60, kind: 'process', event: 'fork', pid, ...links }, 2);
  trace.tell({ kind: 'process', event: 'exec', name, ...withoutParent(links), pid }, 2);
  if (life === undefined) return;
  trace.tell({ kind: 'process', event: 'exit', exit: '0', ...withoutParent(links), pid }, life);
}

function withoutParent(links: object): object {
  const { parentPid: _parent, ...rest } = links as { parentPid?: number };
  return rest;
}
