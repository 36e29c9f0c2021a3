import type { Clock } from '#base/clock.ts';
import { groupResourceText, resources, type Resource } from '#kube/resources.ts';
import type { KubeObject } from '#kube/types.ts';
import type { Store } from '#apiserver/storage/store.ts';
import { eventFromCore, eventToCore } from './event-versions.ts';
import { Registry } from './registry.ts';
import type { StoredObject, Unstored } from './unstored.ts';

/** A resource with where its objects are, and how its version tells them. */
export interface Served {
  resource: Resource;
  collection: string;
  registry: Registry;
  toStored: (object: Unstored) => Unstored;
  fromStored: (object: StoredObject) => KubeObject;
}

/** What is answered but not stored. */
const unstored: readonly Resource[] = [
  resources.bindings,
  resources.nodeMetrics,
  resources.podMetrics,
];

/** The stored resources by identity; both versions of events share their objects. */
export function servedResources(store: Store, clock: Clock): ReadonlyMap<Resource, Served> {
  const served = new Map<Resource, Served>();
  for (const resource of Object.values(resources) as Resource[]) {
    if (unstored.includes(resource)) continue;
    const isEventsV1 = resource === (resources.eventsV1 as Resource);
    const collection = groupResourceText(isEventsV1 ? resources.events : resource);
    served.set(resource, {
      resource,
      collection,
      registry: new Registry(resource, collection, store, clock),
      toStored: isEventsV1 ? eventToCore : (object) => object,
      fromStored: isEventsV1 ? eventFromCore : (object) => object,
    });
  }
  return served;
}
