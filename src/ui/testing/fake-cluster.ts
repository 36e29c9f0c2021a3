import { BytePort } from '#base/byte-port.ts';
import { type ByteSource, concatBytes } from '#base/byte-stream.ts';
import { SandglassError } from '#base/errors.ts';
import type { HeldCall } from '#base/stepper.ts';
import type { TraceDetail } from '#base/trace-records.ts';
import type { Event, Pod } from '#kube/types.ts';
import type {
  ClusterApi,
  ClusterClock,
  ClusterFaults,
  ClusterStatus,
  MachineSurvey,
  NodeImages,
  TraceBatch,
  TracePosition,
} from '#rpc/contracts.ts';

/** The cluster of a fake node: what the page shows of it is what a test tells. */
export class FakeCluster implements ClusterApi {
  /** What the page asked for, in order. */
  readonly calls: string[] = [];
  /** When the page let the cluster begin, by `performance.now()`. */
  readonly clusterStarts: number[] = [];
  tellPods: (pods: readonly Pod[]) => unknown = () => undefined;
  tellEvents: (events: readonly Event[]) => unknown = () => undefined;
  tellStatus: (status: ClusterStatus) => unknown = () => undefined;
  tellTrace: (batch: TraceBatch) => unknown = () => undefined;
  /** Open watches of the trace, and from where on. */
  readonly traceWatches = new Map<number, TracePosition | undefined>();
  tellImages: (images: NodeImages) => unknown = () => undefined;
  tellHeld: (held: readonly HeldCall[]) => unknown = () => undefined;
  tellClock: (clock: ClusterClock) => unknown = () => undefined;
  faults: ClusterFaults = { runtimeStopped: false, registryBytesPerSecond: undefined };
  #tellFaults: (faults: ClusterFaults) => unknown = () => undefined;
  machines: readonly MachineSurvey[] = [];
  #nextWatch = 1;

  startCluster(): Promise<void> {
    this.clusterStarts.push(performance.now());
    return Promise.resolve();
  }

  watchCluster(listener: (status: ClusterStatus) => unknown): Promise<void> {
    this.tellStatus = listener;
    listener({ kind: 'running' });
    return Promise.resolve();
  }

  watchPods(listener: (pods: readonly Pod[]) => unknown): Promise<void> {
    this.tellPods = listener;
    return Promise.resolve();
  }

  watchEvents(listener: (events: readonly Event[]) => unknown): Promise<void> {
    this.tellEvents = listener;
    return Promise.resolve();
  }

  watchImages(listener: (images: NodeImages) => unknown): Promise<void> {
    this.tellImages = listener;
    return Promise.resolve();
  }

  listOfferedImages(): Promise<readonly string[]> {
    return Promise.resolve(['busybox:1.36', 'nginx:1.27']);
  }

  watchTrace(listener: (batch: TraceBatch) => unknown, after?: TracePosition): Promise<number> {
    this.tellTrace = listener;
    const watch = this.#nextWatch++;
    this.traceWatches.set(watch, after);
    return Promise.resolve(watch);
  }

  unwatchTrace(watch: number): Promise<void> {
    this.traceWatches.delete(watch);
    return Promise.resolve();
  }

  setTraceDetails(kinds: readonly TraceDetail[]): Promise<void> {
    this.calls.push(`details ${kinds.join(' ')}`.trim());
    return Promise.resolve();
  }

  surveyMachines(): Promise<readonly MachineSurvey[]> {
    return Promise.resolve(this.machines);
  }

  watchHeld(listener: (held: readonly HeldCall[]) => unknown): Promise<void> {
    this.tellHeld = listener;
    return Promise.resolve();
  }

  watchClock(listener: (clock: ClusterClock) => unknown): Promise<void> {
    this.tellClock = listener;
    return Promise.resolve();
  }

  setBreakpoints(points: readonly string[]): Promise<void> {
    this.calls.push(`break on ${points.join(' ')}`);
    return Promise.resolve();
  }

  stepHeld(id?: number): Promise<void> {
    this.calls.push(`step ${id}`);
    return Promise.resolve();
  }

  proceedHeld(id?: number): Promise<void> {
    this.calls.push(`proceed ${id}`);
    return Promise.resolve();
  }

  runOn(): Promise<void> {
    this.calls.push('run on');
    return Promise.resolve();
  }

  watchFaults(listener: (faults: ClusterFaults) => unknown): Promise<void> {
    this.#tellFaults = listener;
    listener(this.faults);
    return Promise.resolve();
  }

  setFaults(faults: ClusterFaults): Promise<void> {
    this.calls.push(`faults ${JSON.stringify(faults)}`);
    this.faults = faults;
    this.#tellFaults(faults);
    return Promise.resolve();
  }

  async loadImages(port: MessagePort): Promise<readonly string[]> {
    const content = await readAll(new BytePort(port).incoming);
    this.calls.push(`load images from ${content.length} bytes`);
    if (content.length === 0) {
      throw new SandglassError('invalid-argument', 'The archive is empty.');
    }
    return ['docker.io/library/mine:1'];
  }
}

export async function readAll(source: ByteSource): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (let chunk = await source.read(); chunk; chunk = await source.read()) chunks.push(chunk);
  return concatBytes(chunks);
}
