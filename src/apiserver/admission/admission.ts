import { notFound, forbidden } from '#kube/status.ts';
import { resources, type Resource } from '#kube/resources.ts';
import type { KubeObject, Namespace, Node, Pod, RuntimeClass } from '#kube/types.ts';
import type { StoredObject, Unstored } from '#apiserver/registry/unstored.ts';
import { notAdmitted } from './forbidden.ts';
import { taintNewNode } from './node-taint.ts';
import { addDefaultTolerations, admitPriority, nameServiceAccount } from './pod-defaults.ts';
import { admitRuntimeClass } from './runtime-class.ts';

/** upstream: apiserver/pkg/admission/plugin/namespace/lifecycle */
const immortalNamespaces = ['default', 'kube-system', 'kube-public'];

/** Looks an object of another kind up. */
export type Lookup = (resource: Resource, name: string) => StoredObject | undefined;

/** The checks and additions between decoding and storing that upstream makes by default and that concern what is served here. */
export class Admission {
  readonly #lookup: Lookup;

  constructor(lookup: Lookup) {
    this.#lookup = lookup;
  }

  admitCreate(resource: Resource, object: Unstored): void {
    this.#admitIntoNamespace(resource, object);
    if (isPod(resource, object)) {
      admitRuntimeClass(object, (name) => this.#runtimeClass(name));
      nameServiceAccount(object);
      admitPriority(object);
      if (object.spec) addDefaultTolerations(object.spec);
    }
    if (isNode(resource, object)) taintNewNode(object);
  }

  admitUpdate(resource: Resource, object: Unstored, previous: KubeObject): void {
    if (!isPod(resource, object) || !object.spec) return;
    const { spec } = previous as Pod;
    // An update without them keeps what the creation computed.
    if (spec?.priority !== undefined) object.spec.priority ??= spec.priority;
    if (spec?.preemptionPolicy !== undefined) {
      object.spec.preemptionPolicy ??= spec.preemptionPolicy;
    }
    addDefaultTolerations(object.spec);
  }

  admitDelete(resource: Resource, name: string): void {
    if (resource === resources.namespaces && immortalNamespaces.includes(name)) {
      throw forbidden(resource, name, 'this namespace may not be deleted');
    }
  }

  #admitIntoNamespace(resource: Resource, object: Unstored): void {
    const { namespace } = object.metadata;
    if (!resource.namespaced || namespace === undefined) return;
    const found = this.#lookup(resources.namespaces, namespace) as Namespace | undefined;
    if (!found) throw notFound(resources.namespaces, namespace);
    if (found.status?.phase === 'Terminating') {
      const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
      throw notAdmitted(resource, object, why, {
        reason: 'NamespaceTerminating',
        message: `namespace ${namespace} is being terminated`,
        field: 'metadata.namespace',
      });
    }
  }

  #runtimeClass(name: string): RuntimeClass | undefined {
    return this.#lookup(resources.runtimeClasses, name) as unknown as RuntimeClass | undefined;
  }
}

function isPod(resource: Resource, object: Unstored): object is Pod & Unstored {
  return resource === resources.pods && object.kind === 'Pod';
}

function isNode(resource: Resource, object: Unstored): object is Node & Unstored {
  return resource === resources.nodes && object.kind === 'Node';
}
