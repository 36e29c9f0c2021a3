import type { Clock } from '#base/clock.ts';
import type { Emitter } from '#base/emitter.ts';
import type { TraceBus } from '#base/trace.ts';
import type { Resource } from '#kube/resources.ts';
import type { Admission } from '#apiserver/admission/admission.ts';
import type { KubeletConnector } from '#apiserver/ports.ts';
import type { Served } from '#apiserver/registry/served.ts';
import type { Store } from '#apiserver/storage/store.ts';

/** What the handlers of requests work with. */
export interface ApiContext {
  store: Store;
  clock: Clock;
  trace: TraceBus;
  admission: Admission;
  kubelet: KubeletConnector;
  served: ReadonlyMap<Resource, Served>;
  /** Told when the server ends. Not an AbortSignal: Node.js warns of so many listeners to one. */
  closing: Emitter<undefined>;
}
