import { mirrorAnnotation } from '#kube/mirror-pods.ts';
import { resources } from '#kube/resources.ts';
import type { Pod, PodSpec, Toleration } from '#kube/types.ts';
import type { Unstored } from '#apiserver/registry/unstored.ts';
import { notAdmitted } from './forbidden.ts';

/** Of the node's conditions, a pod bears these for so long (upstream: plugin/pkg/admission/defaulttolerationseconds). */
const toleratedSeconds = 300;
const toleratedTaints = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

export function addDefaultTolerations(spec: PodSpec): void {
  for (const key of toleratedTaints) {
    const tolerations = spec.tolerations ?? [];
    if (tolerations.some((one) => concerns(one, key))) continue;
    const added = {
      key,
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: toleratedSeconds,
    };
    spec.tolerations = [...tolerations, added];
  }
}

function concerns(toleration: Toleration, taint: string): boolean {
  const { key = '', effect = '' } = toleration;
  return (key === '' || key === taint) && (effect === '' || effect === 'NoExecute');
}

/** The only classes there are: PriorityClass objects are not served (upstream: pkg/apis/scheduling/types.go). */
const systemPriorities: Readonly<Record<string, number>> = {
  'system-cluster-critical': 2_000_000_000,
  'system-node-critical': 2_000_001_000,
};

/** upstream: plugin/pkg/admission/priority */
export function admitPriority(pod: Pod & Unstored): void {
  const { spec } = pod;
  if (!spec) return;
  const refuse = (why: string) => notAdmitted(resources.pods, pod, why);
  const className = spec.priorityClassName ?? '';
  const computed = className === '' ? 0 : systemPriorities[className];
  if (computed === undefined) throw refuse(`no PriorityClass with name ${className} was found`);
  const given = spec.priority ?? undefined;
  if (given !== undefined && given !== computed) {
    throw refuse(
      `the integer value of priority (${given}) must not be provided in pod spec; priority admission controller computed ${computed} from the given PriorityClass name`,
    );
  }
  const policy = 'PreemptLowerPriority';
  const givenPolicy = spec.preemptionPolicy ?? policy;
  if (givenPolicy !== policy) {
    throw refuse(
      `the string value of PreemptionPolicy (${givenPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
    );
  }
  spec.priority = computed;
  spec.preemptionPolicy = policy;
}

/**
 * Names the namespace's default account, as the ServiceAccount plugin does. Accounts are not served
 * and no token is mounted: a pod reaches the API without one.
 */
export function nameServiceAccount({ metadata, spec }: Pod & Unstored): void {
  if (!spec || metadata.annotations?.[mirrorAnnotation] !== undefined) return;
  const given = [spec.serviceAccountName, spec.serviceAccount].find((name) => name);
  spec.serviceAccountName = given ?? 'default';
  spec.serviceAccount = spec.serviceAccountName;
}
