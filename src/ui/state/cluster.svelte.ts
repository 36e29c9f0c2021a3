import type { HeldCall } from '#base/stepper.ts';
import type { Event, Pod } from '#kube/types.ts';
import type { ClusterStatus, NodeApi, NodeImages } from '#rpc/contracts.ts';
import { type CriCall, CriCalls } from './cri-calls.ts';
import type { Machine } from './machine.svelte.ts';

/** The Kubernetes on the node as the page sees it. */
export class Cluster {
  readonly #machine: Machine;
  #status = $state.raw<ClusterStatus>({ kind: 'off' });
  #hasFailed = $state.raw(false);
  #pods = $state.raw<readonly Pod[]>([]);
  #events = $state.raw<readonly Event[]>([]);
  #calls = $state.raw<readonly CriCall[]>([]);
  #held = $state.raw<readonly HeldCall[]>([]);
  #images = $state.raw<NodeImages>({ images: [], pulls: [] });
  #breakpoints = $state.raw<readonly string[]>([]);
  #lost = $state.raw(0);
  #wanted = false;
  /** What `#calls` shows: kept from one follower to the next, but not from one worker to the next. */
  #followed = new CriCalls();
  #followers = 0;
  #stopFollowing: () => void = () => undefined;

  constructor(machine: Machine) {
    this.#machine = machine;
    machine.connected.listen((api) => {
      this.#watch(api);
    });
    this.#watch(machine.api);
  }

  get status(): ClusterStatus {
    return this.#status;
  }

  get pods(): readonly Pod[] {
    return this.#pods;
  }

  /** The latest first. */
  get events(): readonly Event[] {
    return this.#events;
  }

  /** In the order they began; they go on while somebody follows them. */
  get calls(): readonly CriCall[] {
    return this.#calls;
  }

  /** Records of what happened before that the node has no more. */
  get lostRecords(): number {
    return this.#lost;
  }

  get images(): NodeImages {
    return this.#images;
  }

  get held(): readonly HeldCall[] {
    return this.#held;
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

  /** Lets `calls` go on, from where they were left, until what it gives is called: each costs the page work. */
  followCalls(): () => void {
    if (this.#followers++ === 0) this.#watchCalls(this.#machine.api);
    return () => {
      if (--this.#followers === 0) this.#stopFollowing();
    };
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
    const watches = [
      api.watchCluster(whileCurrent((status) => this.#takeStatus(status))),
      api.watchPods(whileCurrent((pods) => (this.#pods = pods))),
      api.watchEvents(whileCurrent((events) => (this.#events = latestFirst(events)))),
      api.watchImages(whileCurrent((images) => (this.#images = images))),
      api.watchHeld(whileCurrent((held) => (this.#held = held))),
    ];
    this.#followed = new CriCalls();
    this.#calls = [];
    this.#lost = 0;
    if (this.#followers > 0) this.#watchCalls(api);
    // A new worker knows nothing of what the reader chose.
    if (this.#breakpoints.length > 0) watches.push(api.setBreakpoints(this.#breakpoints));
    // Only a dead worker refuses, which the machine's status tells.
    for (const watch of watches) watch.catch(() => undefined);
    if (this.#wanted) this.#startIn(api);
  }

  #takeStatus(status: ClusterStatus): void {
    if (status.kind !== 'starting') this.#hasFailed = status.kind === 'failed';
    this.#status = status;
  }

  #watchCalls(api: NodeApi): void {
    const followed = this.#followed;
    let following = true;
    const watch = api.watchCalls((batch) => {
      if (!following || api !== this.#machine.api) return;
      followed.take(batch);
      this.#calls = followed.list;
      this.#lost = batch.lost;
    }, followed.wanted);
    watch.catch(() => undefined);
    this.#stopFollowing = () => {
      following = false;
      watch.then((id) => api.unwatchCalls(id)).catch(() => undefined);
    };
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
