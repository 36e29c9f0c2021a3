import type { Clock } from '#base/clock.ts';
import type { KubeClient } from '#kube/client/client.ts';
import { resources } from '#kube/resources.ts';
import { isNotFound } from '#kube/status.ts';
import { microTimeNow } from '#kube/time.ts';
import type { EventsV1Event, Pod } from '#kube/types.ts';

const component = 'default-scheduler';

/** upstream: client-go/tools/events/event_broadcaster.go, finishTime */
const seriesMilliseconds = 6 * 60_000;

/** Most pods are told of once; those who wait are few. */
const maxRemembered = 1_000;

interface Told {
  event: EventsV1Event;
  at: number;
}

/** Tells what became of pods, as events of events.k8s.io; what repeats becomes a series. */
export class EventRecorder {
  readonly #api: KubeClient;
  readonly #clock: Clock;
  readonly #told = new Map<string, Told>();
  #sequence = 0;

  constructor(api: KubeClient, clock: Clock) {
    this.#api = api;
    this.#clock = clock;
  }

  async tell(
    pod: Pod,
    type: 'Normal' | 'Warning',
    reason: string,
    action: string,
    note: string,
    signal: AbortSignal,
  ): Promise<void> {
    const key = `${pod.metadata?.uid ?? ''}/${reason}/${note}`;
    const last = this.#told.get(key);
    if (last && this.#clock.now() - last.at < seriesMilliseconds) {
      if (await this.#repeat(key, last, signal)) return;
    }
    const event = await this.#api.create(
      resources.eventsV1,
      this.#event(pod, type, reason, action, note),
      { signal },
    );
    this.#remember(key, event);
  }

  /** False if the event is there no more. */
  async #repeat(key: string, { event }: Told, signal: AbortSignal): Promise<boolean> {
    const { name = '', namespace } = event.metadata ?? {};
    const series = {
      count: (event.series?.count ?? 1) + 1,
      lastObservedTime: microTimeNow(this.#clock),
    };
    try {
      const patched = await this.#api.patch(
        resources.eventsV1,
        { namespace, name },
        { series },
        { type: 'merge', signal },
      );
      this.#remember(key, patched);
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  #remember(key: string, event: EventsV1Event): void {
    this.#told.delete(key);
    this.#told.set(key, { event, at: this.#clock.now() });
    const oldest = this.#told.keys().next();
    if (this.#told.size > maxRemembered && !oldest.done) this.#told.delete(oldest.value);
  }

  #event(
    pod: Pod,
    type: 'Normal' | 'Warning',
    reason: string,
    action: string,
    note: string,
  ): EventsV1Event {
    const { name = '', namespace = 'default', uid, resourceVersion } = pod.metadata ?? {};
    // As client-go names events: the object, and the time in nanoseconds, in hexadecimal.
    const nanoseconds = BigInt(Math.floor(this.#clock.wallTime())) * 1_000_000n;
    const suffix = (nanoseconds + BigInt(this.#sequence++)).toString(16);
    return {
      metadata: { name: `${name}.${suffix}`, namespace },
      eventTime: microTimeNow(this.#clock),
      reportingController: component,
      reportingInstance: component,
      action,
      reason,
      regarding: {
        apiVersion: 'v1',
        kind: 'Pod',
        name,
        namespace,
        ...(uid === undefined ? {} : { uid }),
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
      },
      note,
      type,
    };
  }
}
