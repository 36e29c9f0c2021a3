import { Emitter } from '#base/emitter.ts';
import type { HeldCall } from '#base/stepper.ts';
import type { Event, Pod } from '#kube/types.ts';
import type { ClusterClock, ClusterStatus, NodeApi, NodeImages } from '#rpc/contracts.ts';
import type { Machine } from './machine.svelte.ts';
import { type PodLife, PodLives } from './pod-lives.ts';
import { Trace } from './trace.svelte.ts';

const noImages: NodeImages = { images: [], pulls: [] };
const runningClock: ClusterClock = { stoppedAt: undefined, behind: 0 };

/** The Kubernetes on the node as the page sees it. */
export class Cluster {
  readonly trace: Trace;
  readonly podsChanged = new Emitter<readonly Pod[]>();
  readonly #machine: Machine;
  #status = $state.raw<ClusterStatus>({ kind: 'off' });
  #hasFailed = $state.raw(false);
  #pods = $state.raw<readonly Pod[]>([]);
  #lives = $state.raw<readonly PodLife[]>([]);
  #livesSeen = new PodLives();
  #events = $state.raw<readonly Event[]>([]);
  #held = $state.raw<readonly HeldCall[]>([]);
  #clock = $state.raw<ClusterClock>(runningClock);
  #images = $state.raw(noImages);
  #breakpoints = $state.raw<readonly string[]>([]);
  #wanted = false;

  constructor(machine: Machine) {
    this.#machine = machine;
    this.trace = new Trace(machine);
    machine.connected.listen((api) => {
      this.#watch(api);
    });
    machine.died.listen(() => {
      this.#forget();
    });
    this.#watch(machine.api);
  }

  get status(): ClusterStatus {
    return this.#status;
  }

  get pods(): readonly Pod[] {
    return this.#pods;
  }

  /** Of the pods that the page has seen, those that began last first. */
  get lives(): readonly PodLife[] {
    return this.#lives;
  }

  /** The latest first. */
  get events(): readonly Event[] {
    return this.#events;
  }

  get images(): NodeImages {
    return this.#images;
  }

  get held(): readonly HeldCall[] {
    return this.#held;
  }

  /** Where the cluster's clock stands, and what it is behind the machine's. */
  get clock(): ClusterClock {
    return this.#clock;
  }

  get breakpoints(): readonly string[] {
    return this.#breakpoints;
  }

  /** Lets it begin; until then only the machine does. */
  start(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#startIn(this.#machine.api);
  }

  /** A start has failed, and none has come to an end since. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** Of a start that has failed; nothing while it is tried. */
  tryAgain(): void {
    if (this.#status.kind === 'failed') this.#startIn(this.#machine.api);
  }

  toggleBreakpoint(point: string): Promise<void> {
    const others = this.#breakpoints.filter((each) => each !== point);
    const chosen = others.length < this.#breakpoints.length;
    return this.breakOn(chosen ? others : [...others, point]);
  }

  /** Holds calls at these points, and at no other from now on. */
  breakOn(points: readonly string[]): Promise<void> {
    this.#breakpoints = points;
    return this.#machine.api.setBreakpoints(points);
  }

  step(id?: number): Promise<void> {
    return this.#machine.api.stepHeld(id);
  }

  proceed(id?: number): Promise<void> {
    return this.#machine.api.proceedHeld(id);
  }

  runOn(): Promise<void> {
    this.#breakpoints = [];
    return this.#machine.api.runOn();
  }

  #watch(api: NodeApi): void {
    const whileCurrent =
      <T>(take: (value: T) => void) =>
      (value: T) => {
        if (api === this.#machine.api) take(value);
      };
    this.#forget();
    const watches = [
      api.watchCluster(whileCurrent((status) => this.#takeStatus(status))),
      api.watchPods(whileCurrent((pods) => this.#takePods(pods))),
      api.watchEvents(whileCurrent((events) => (this.#events = latestFirst(events)))),
      api.watchImages(whileCurrent((images) => (this.#images = images))),
      api.watchHeld(whileCurrent((held) => (this.#held = held))),
      api.watchClock(whileCurrent((clock) => (this.#clock = clock))),
    ];
    // A new worker knows nothing of what the reader chose.
    if (this.#breakpoints.length > 0) watches.push(api.setBreakpoints(this.#breakpoints));
    // Only a dead worker refuses, which the machine's status tells.
    for (const watch of watches) watch.catch(() => undefined);
    if (this.#wanted) this.#startIn(api);
  }

  /** What a worker told ends with it. */
  #forget(): void {
    this.#status = { kind: 'off' };
    this.#hasFailed = false;
    this.#pods = [];
    this.#events = [];
    this.#held = [];
    this.#clock = runningClock;
    this.#images = noImages;
    this.#forgetLives();
  }

  #forgetLives(): void {
    this.#livesSeen = new PodLives();
    this.#lives = [];
  }

  #takePods(pods: readonly Pod[]): void {
    this.#livesSeen.take(pods);
    this.#lives = this.#livesSeen.all;
    this.#pods = pods;
    this.podsChanged.emit(pods);
  }

  #takeStatus(status: ClusterStatus): void {
    if (status.kind !== 'starting') this.#hasFailed = status.kind === 'failed';
    // Another cluster, of which no pod has been seen.
    else this.#forgetLives();
    this.#status = status;
  }

  /** What fails is told as the cluster's status. */
  #startIn(api: NodeApi): void {
    api.startCluster().catch(() => undefined);
  }
}

function latestFirst(events: readonly Event[]): readonly Event[] {
  const timeOf = ({ lastTimestamp, eventTime, metadata }: Event) =>
    lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? '';
  return [...events].sort((a, b) => (timeOf(a) < timeOf(b) ? 1 : -1));
}
