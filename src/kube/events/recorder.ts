import type { Clock } from '#base/clock.ts';
import { SandglassError, asSandglassError } from '#base/errors.ts';
import type { KubeClient } from '#kube/client/client.ts';
import { resources } from '#kube/resources.ts';
import { isAlreadyExists } from '#kube/status.ts';
import { formatTime } from '#kube/time.ts';
import type { Container, Event, Node, ObjectReference, Pod } from '#kube/types.ts';
import { EventCorrelator } from './correlator.ts';

export type EventType = 'Normal' | 'Warning';

/** Where events are written: the API, or a test's list. */
export interface EventSink {
  create(event: Event): Promise<Event>;
  patch(namespace: string, name: string, patch: object): Promise<Event>;
}

/** The API's own events. */
export function apiEvents(api: KubeClient): EventSink {
  return {
    create: (event) => api.create(resources.events, event),
    patch: (namespace, name, patch) => api.patch(resources.events, { namespace, name }, patch),
  };
}

interface Written {
  namespace: string;
  name: string;
  count: number;
}

const remembered = 4096;
/** More events of one object in one moment there are not. */
const namesTried = 32;

/** Writes events in the background, equal ones counted up (client-go/tools/record). */
export class EventRecorder {
  readonly #sink: EventSink;
  readonly #clock: Clock;
  readonly #component: string;
  readonly #host: string | undefined;
  readonly #correlator: EventCorrelator;
  readonly #written = new Map<string, Written>();
  readonly #onError: (error: SandglassError) => void;
  #last: Promise<void> = Promise.resolve();
  #lastName = 0n;

  constructor(options: {
    sink: EventSink;
    clock: Clock;
    /** Who tells, such as kubelet. */
    component: string;
    /** The node on which it does so, if it is of one. */
    host?: string;
    onError: (error: SandglassError) => void;
  }) {
    this.#sink = options.sink;
    this.#clock = options.clock;
    this.#component = options.component;
    this.#host = options.host;
    this.#onError = options.onError;
    this.#correlator = new EventCorrelator(options.clock);
  }

  pod(pod: Pod, type: EventType, reason: string, message: string): void {
    this.record(podReference(pod), type, reason, message);
  }

  container(
    pod: Pod,
    container: Container,
    type: EventType,
    reason: string,
    message: string,
  ): void {
    this.record(containerReference(pod, container), type, reason, message);
  }

  node(node: Node | string, type: EventType, reason: string, message: string): void {
    const name = typeof node === 'string' ? node : (node.metadata?.name ?? '');
    // The kubelet knows its node by name only (pkg/kubelet/kubelet.go, nodeRef).
    this.record({ kind: 'Node', name, uid: name, namespace: '' }, type, reason, message);
  }

  record(about: ObjectReference, type: EventType, reason: string, message: string): void {
    const object = JSON.stringify([
      about.kind,
      about.namespace,
      about.name,
      about.uid,
      about.fieldPath,
    ]);
    const correlated = this.#correlator.correlate({ object, type, reason, message });
    if (!correlated) return;
    const time = this.#clock.wallTime();
    this.#last = this.#last.then(async () => {
      try {
        await this.#write(correlated.key, {
          about,
          type,
          reason,
          message: correlated.message,
          time,
        });
      } catch (error) {
        this.#onError(asSandglassError(error));
      }
    });
  }

  /** Resolves when all that was recorded so far is written. */
  flush(): Promise<void> {
    return this.#last;
  }

  async #write(
    key: string,
    event: {
      about: ObjectReference;
      type: EventType;
      reason: string;
      message: string;
      time: number;
    },
  ): Promise<void> {
    const before = this.#written.get(key);
    const timestamp = formatTime(event.time);
    if (before) {
      const count = before.count + 1;
      try {
        const patch = { count, lastTimestamp: timestamp, message: event.message };
        await this.#sink.patch(before.namespace, before.name, patch);
        this.#remember(key, { ...before, count });
        return;
      } catch (error) {
        // Events expire: then it is a new one.
        if (asSandglassError(error).code !== 'not-found') throw error;
      }
    }
    const namespace =
      event.about.namespace === '' || !event.about.namespace ? 'default' : event.about.namespace;
    const name = await this.#create(event.about.name ?? '', event.time, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { namespace },
      involvedObject: event.about,
      reason: event.reason,
      message: event.message,
      source: { component: this.#component, ...(this.#host !== undefined && { host: this.#host }) },
      firstTimestamp: timestamp,
      lastTimestamp: timestamp,
      count: 1,
      type: event.type,
      reportingComponent: this.#component,
      reportingInstance: this.#host ?? '',
    });
    this.#remember(key, { namespace, name, count: 1 });
  }

  /** Under a name that is free: another recorder may tell of the same object at the same moment. */
  async #create(about: string, time: number, event: Event): Promise<string> {
    for (let attempt = 1; ; attempt++) {
      const name = `${about}.${this.#nextName(time)}`;
      try {
        await this.#sink.create({ ...event, metadata: { ...event.metadata, name } });
        return name;
      } catch (error) {
        if (!isAlreadyExists(error) || attempt === namesTried) throw error;
      }
    }
  }

  /** Nanoseconds in hex, as upstream names events; never the same twice. */
  #nextName(time: number): string {
    const now = BigInt(Math.round(time * 1000)) * 1000n;
    this.#lastName = now > this.#lastName ? now : this.#lastName + 1n;
    return this.#lastName.toString(16);
  }

  #remember(key: string, written: Written): void {
    this.#written.delete(key);
    this.#written.set(key, written);
    if (this.#written.size <= remembered) return;
    for (const first of this.#written.keys()) {
      this.#written.delete(first);
      break;
    }
  }
}

export function podReference(pod: Pod): ObjectReference {
  const { namespace = '', name = '', uid = '', resourceVersion } = pod.metadata ?? {};
  return {
    kind: 'Pod',
    namespace,
    name,
    uid,
    apiVersion: 'v1',
    ...(resourceVersion !== undefined && { resourceVersion }),
  };
}

/** pkg/kubelet/container/ref.go */
export function containerReference(pod: Pod, container: Container): ObjectReference {
  const field = pod.spec?.initContainers?.includes(container) ? 'initContainers' : 'containers';
  return { ...podReference(pod), fieldPath: `spec.${field}{${container.name}}` };
}
