import { decodeAs } from '#kube/schema/decode.ts';
import { badRequest, conflict, invalid, success } from '#kube/status.ts';
import { timeNow } from '#kube/time.ts';
import type { Binding, KubeObject, Pod, PodCondition } from '#kube/types.ts';
import { validateCreate } from '#kube/validation/validate.ts';
import type { StoredObject, Unstored } from '#apiserver/registry/unstored.ts';
import { objectText, readBody } from '#apiserver/rest/body.ts';
import { placeInNamespace } from '#apiserver/rest/incoming.ts';
import type { ApiContext } from '#apiserver/rest/context.ts';
import { writeOptions } from '#apiserver/rest/options.ts';
import { recordWrite } from '#apiserver/rest/record-write.ts';
import type { Scope } from '#apiserver/rest/scope.ts';
import type { Written } from '#apiserver/rest/write.ts';

const target = { apiVersion: 'v1', kind: 'Binding', definition: 'Binding' };
/** As upstream calls it in conflicts. */
const bindingResource = { group: '', resource: 'pods/binding' };

/** Puts a pod on a node (upstream: pkg/registry/core/pod/storage/storage.go, BindingREST). */
export async function bind(context: ApiContext, scope: Scope): Promise<Written> {
  const options = writeOptions(scope.query, 'CreateOptions');
  const binding = await readBinding(scope, options.fieldValidation);
  const name = binding.metadata.name ?? '';
  if (scope.path.name !== undefined && scope.path.name !== name) {
    throw badRequest('name in URL does not match name in Binding object');
  }
  const errors = validateCreate(binding);
  if (errors.length > 0) throw invalid({ group: '', kind: 'Binding' }, name, errors);
  const object = scope.served.registry.update(
    { namespace: scope.path.namespace, name },
    (current) => assign(current, binding, timeNow(context.clock)),
    { subresource: 'binding', validate: () => [], dryRun: options.dryRun },
  );
  if (!options.dryRun) {
    recordWrite(context, scope, 'binding', object, 201);
  }
  const status: KubeObject = { ...success(), code: 201 } as KubeObject;
  return { code: 201, object: status };
}

type BoundPod = Binding & Unstored;

async function readBinding(
  scope: Scope,
  fieldValidation: Parameters<typeof decodeAs>[2],
): Promise<BoundPod> {
  const body = await readBody(scope.request);
  const { text, format } = objectText(scope.request.headers, body, target.kind);
  const { object, warnings } = decodeAs<Binding>(target, text, fieldValidation, format);
  scope.warnings.push(...warnings);
  const binding = { ...object, metadata: object.metadata ?? {} } as BoundPod;
  placeInNamespace(scope, binding);
  return binding;
}

function assign(current: StoredObject, binding: BoundPod, now: string): Unstored {
  const pod = structuredClone(current) as Pod & Unstored;
  const { name, uid, resourceVersion } = current.metadata;
  const refuse = (why: string) => conflict(bindingResource, name, why);
  const wanted = binding.metadata;
  if (wanted.uid !== undefined && wanted.uid !== uid) {
    throw refuse(
      `Precondition failed: UID in precondition: ${wanted.uid}, UID in object meta: ${uid}`,
    );
  }
  if (wanted.resourceVersion !== undefined && wanted.resourceVersion !== resourceVersion) {
    throw refuse(
      `Precondition failed: ResourceVersion in precondition: ${wanted.resourceVersion}, ResourceVersion in object meta: ${resourceVersion}`,
    );
  }
  if (pod.metadata.deletionTimestamp !== undefined) {
    throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
  }
  const { spec } = pod;
  const bound = spec?.nodeName ?? '';
  if (!spec || bound !== '') {
    throw refuse(`pod ${name} is already assigned to node "${bound}"`);
  }
  if ((spec.schedulingGates ?? []).length > 0) {
    throw refuse(`pod ${name} has non-empty .spec.schedulingGates`);
  }
  spec.nodeName = binding.target.name ?? '';
  const annotations = { ...pod.metadata.annotations, ...wanted.annotations };
  if (Object.keys(annotations).length > 0) pod.metadata.annotations = annotations;
  pod.status = { ...pod.status, conditions: scheduled(pod, now) };
  return pod;
}

function scheduled({ metadata, status }: Pod & Unstored, now: string): PodCondition[] {
  const others = (status?.conditions ?? []).filter(({ type }) => type !== 'PodScheduled');
  const { generation } = metadata;
  const condition: PodCondition = {
    type: 'PodScheduled',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: now,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  };
  return [...others, condition];
}
