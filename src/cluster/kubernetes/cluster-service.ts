import type { Clock } from '#base/clock.ts';
import type { HeldCall } from '#base/stepper.ts';
import type { TraceDetail } from '#base/trace-records.ts';
import { Informer } from '#kube/client/informer.ts';
import { type Resource, resources } from '#kube/resources.ts';
import type { Event, KubeObject, Pod } from '#kube/types.ts';
import type { ClusterApi, ClusterClock, NodeImages } from '#rpc/contracts.ts';
import { loadImages } from './load-images.ts';
import type { NodeCluster } from './node-cluster.ts';
import type { Kubernetes } from './kubernetes.ts';
import { TraceWatches } from './trace-watches.ts';
import { Told } from '#cluster/told.ts';

/** Milliseconds in which changes are told together: a page draws no faster, and each telling crosses threads. */
const together = 50;

const noImages: NodeImages = { images: [], pulls: [] };
const running: ClusterClock = { stoppedAt: undefined, behind: 0 };

/** What a worker offers to the page of the cluster; its listeners go on from one cluster to the next. */
export function clusterService(cluster: NodeCluster, clock: Clock): ClusterApi {
  const clusterClock = new Told(running);
  const pods = new Told<readonly Pod[]>([]);
  const events = new Told<readonly Event[]>([]);
  const held = new Told<readonly HeldCall[]>([]);
  const images = new Told<NodeImages>(noImages);
  const traces = new TraceWatches(clock);
  let breakpoints: readonly string[] = [];
  let details: ReadonlySet<TraceDetail> = new Set();
  cluster.started.listen((kubernetes) => {
    const { stepper, signal } = kubernetes;
    stepper.setBreakpoints(breakpoints);
    kubernetes.trace.details = details;
    stepper.changes.listen((heldNow) => {
      held.tell(heldNow);
      const { stopped, behind } = kubernetes.clock;
      const stoppedAt = stopped ? kubernetes.clock.wallTime() : undefined;
      clusterClock.tell({ stoppedAt, behind });
    });
    traces.follow(kubernetes.trace);
    tellObjects(kubernetes, clock, resources.pods, pods);
    tellObjects(kubernetes, clock, resources.events, events);
    tellImages(kubernetes, clock, images);
    signal.addEventListener('abort', () => {
      traces.leave(kubernetes.trace);
      pods.tell([]);
      events.tell([]);
      held.tell([]);
      clusterClock.tell(running);
      images.tell(noImages);
    });
  });
  const stepper = () => cluster.running?.stepper;
  return {
    startCluster: () => {
      cluster.start();
      return Promise.resolve();
    },
    watchCluster: (listener) => cluster.status.watch(listener),
    watchPods: (listener) => pods.watch(listener),
    watchEvents: (listener) => events.watch(listener),
    watchHeld: (listener) => held.watch(listener),
    watchClock: (listener) => clusterClock.watch(listener),
    watchImages: (listener) => images.watch(listener),
    watchTrace: (listener, after) => Promise.resolve(traces.add(listener, after)),
    unwatchTrace: (watch) => {
      traces.remove(watch);
      return Promise.resolve();
    },
    setTraceDetails: (kinds) => {
      details = new Set(kinds);
      if (cluster.running) cluster.running.trace.details = details;
      return Promise.resolve();
    },
    surveyMachines: () => Promise.resolve(cluster.running?.machines.surveys() ?? []),
    setBreakpoints: (points) => {
      breakpoints = points;
      stepper()?.setBreakpoints(points);
      return Promise.resolve();
    },
    stepHeld: (id) => Promise.resolve(stepper()?.step(id)),
    proceedHeld: (id) => Promise.resolve(stepper()?.proceed(id)),
    runOn: () => {
      breakpoints = [];
      return Promise.resolve(stepper()?.runOn());
    },
    watchFaults: (listener) => cluster.faults.told.watch(listener),
    setFaults: (faults) => Promise.resolve(faults).then((wanted) => cluster.faults.set(wanted)),
    loadImages: (port) => loadImages(cluster, port),
    listOfferedImages: async () => {
      const { images, signal } = await cluster.kubernetesToCome();
      return images.offered(signal);
    },
  };
}

function tellObjects<T extends KubeObject>(
  { clientFor, clock: clusterClock, signal }: Kubernetes,
  clock: Clock,
  resource: Resource<T>,
  told: Told<readonly T[]>,
): void {
  const informer = new Informer({ api: clientFor('page'), resource, clock: clusterClock });
  const onChange = oncePerMoment(clock, signal, () => told.tell(informer.store.list()));
  informer.listen({ onAdd: onChange, onUpdate: onChange, onDelete: onChange });
  void informer.run(signal);
}

function tellImages({ images, signal }: Kubernetes, clock: Clock, told: Told<NodeImages>): void {
  const tell = () =>
    told.tell({
      images: images.list().map(({ id, references, size }) => ({ id, references, bytes: size })),
      pulls: images.pulls.map(({ reference, layers }) => ({
        reference,
        loadedBytes: total(
          layers.map(({ state, size, loaded }) => (state === 'present' ? size : loaded)),
        ),
        totalBytes: total(layers.map(({ size }) => size)),
      })),
    });
  tell();
  images.changed.listen(oncePerMoment(clock, signal, tell));
}

function total(bytes: readonly number[]): number {
  return bytes.reduce((sum, each) => sum + each, 0);
}

/** Calls shortly after the first of several changes, until the signal fires. */
function oncePerMoment(clock: Clock, signal: AbortSignal, call: () => void): () => void {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    clock.schedule(together, () => {
      waiting = false;
      if (!signal.aborted) call();
    });
  };
}
