import { resources, type Resource } from '#kube/resources.ts';
import { isNotFound } from '#kube/status.ts';
import { namedBy } from '#kube/user-agent.ts';
import type { Namespace } from '#kube/types.ts';
import type { Target } from '#apiserver/registry/registry.ts';
import { namespaceFinalizer } from '#apiserver/registry/strategies.ts';
import type { Served } from '#apiserver/registry/served.ts';
import type { StoredObject, Unstored } from '#apiserver/registry/unstored.ts';
import type { Change } from '#apiserver/storage/change-log.ts';
import { recordWrite } from '#apiserver/rest/record-write.ts';
import type { ApiContext } from '#apiserver/rest/context.ts';

const userAgent = 'namespace-controller';

const initialNamespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

/** Upstream labels each namespace with its name (pkg/apis/core/v1/defaults.go). */
const nameLabel = 'kubernetes.io/metadata.name';

/**
 * Makes the namespaces that a cluster begins with, and empties those that were deleted: their
 * objects are deleted as anyone would, and when the last one is gone the namespace goes too, unless others have to agree
 * (upstream: pkg/controller/namespace/deletion/namespaced_resources_deleter.go).
 */
export class NamespaceController {
  readonly #context: ApiContext;
  readonly #namespaces: Served;
  /** One of each collection: both versions of events share theirs. */
  readonly #contents: readonly Served[];
  #scheduled: (() => void) | undefined;

  constructor(context: ApiContext) {
    const { served, store, closing } = context;
    this.#context = context;
    const all = [...served.values()];
    const namespaces = served.get(resources.namespaces);
    if (!namespaces) throw new Error('Namespaces are not served.');
    this.#namespaces = namespaces;
    this.#contents = all.filter(
      ({ resource, collection }, at) =>
        resource.namespaced && all.findIndex((one) => one.collection === collection) === at,
    );
    const stopListening = store.listen((change) => this.#onChange(change));
    closing.listen(() => {
      stopListening();
      this.#scheduled?.();
    });
    this.#schedule();
  }

  createInitial(): void {
    for (const name of initialNamespaces) {
      if (this.#context.store.get(this.#namespaces.collection, name)) continue;
      const namespace: Unstored = {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name, labels: { [nameLabel]: name } },
      };
      const object = this.#namespaces.registry.create(namespace, () => []);
      this.#record('create', this.#namespaces.resource, object);
    }
  }

  #onChange({ object, key }: Change): void {
    const namespace = object.metadata.namespace ?? key;
    if (this.#isTerminating(namespace)) this.#schedule();
  }

  /** By the clock, so that it stands still with everything else that is held. */
  #schedule(): void {
    this.#scheduled ??= this.#context.clock.schedule(0, () => {
      this.#scheduled = undefined;
      this.#sync();
    });
  }

  #sync(): void {
    for (const { key } of this.#context.store.list(this.#namespaces.collection)) {
      if (this.#isTerminating(key)) this.#empty(key);
    }
  }

  #isTerminating(name: string): boolean {
    const object = this.#context.store.get(this.#namespaces.collection, name);
    const namespace = object as Namespace | undefined;
    return namespace?.status?.phase === 'Terminating';
  }

  #empty(name: string): void {
    let left = 0;
    for (const served of this.#contents) {
      for (const { object } of this.#context.store.list(served.collection, `${name}/`)) {
        if (object.metadata.deletionTimestamp === undefined) {
          this.#delete(served, { namespace: name, name: object.metadata.name });
        }
      }
      left += this.#context.store.list(served.collection, `${name}/`).length;
    }
    if (left === 0) this.#finalize(name);
  }

  /** Agrees to its end, which others may still have to do (namespaced_resources_deleter.go, finalizeNamespace). */
  #finalize(name: string): void {
    const { registry, resource, collection } = this.#namespaces;
    const target = { namespace: undefined, name };
    const namespace = registry.get(target) as StoredObject & Namespace;
    const finalizers = namespace.spec?.finalizers ?? [];
    if (!finalizers.includes(namespaceFinalizer)) return;
    const others = finalizers.filter((finalizer) => finalizer !== namespaceFinalizer);
    const object = registry.update(
      target,
      (current) => ({ ...structuredClone(current), spec: { finalizers: others } }) as Unstored,
      { subresource: 'finalize', validate: () => [] },
    );
    const ends = this.#context.store.get(collection, name) === undefined;
    this.#record(ends ? 'delete' : 'update', resource, object);
  }

  #delete({ registry, resource }: Served, target: Target): void {
    try {
      this.#record('delete', resource, registry.delete(target, {}).object);
    } catch (thrown) {
      if (!isNotFound(thrown)) throw thrown;
    }
  }

  #record(verb: 'create' | 'update' | 'delete', resource: Resource, object: StoredObject): void {
    const { namespace, name } = object.metadata;
    const path = { resource, namespace, name, subresource: undefined };
    const request = { headers: new Headers(namedBy(userAgent)) };
    recordWrite(
      this.#context,
      { resource, path, request },
      verb,
      object,
      verb === 'create' ? 201 : 200,
    );
  }
}
