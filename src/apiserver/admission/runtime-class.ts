import { quote } from '#kube/go-text.ts';
import { tryParseQuantity } from '#kube/quantity.ts';
import { resources } from '#kube/resources.ts';
import type { Pod, PodSpec, RuntimeClass, Toleration } from '#kube/types.ts';
import type { Unstored } from '#apiserver/registry/unstored.ts';
import { notAdmitted } from './forbidden.ts';

/** Gives a pod what its RuntimeClass costs and where it runs (upstream: plugin/pkg/admission/runtimeclass). */
export function admitRuntimeClass(
  pod: Pod & Unstored,
  find: (name: string) => RuntimeClass | undefined,
): void {
  const { spec } = pod;
  if (!spec) return;
  const refuse = (why: string) => notAdmitted(resources.pods, pod, why);
  const name = spec.runtimeClassName;
  const runtimeClass = name === undefined ? undefined : find(name);
  if (name !== undefined && !runtimeClass) {
    throw refuse(`pod rejected: RuntimeClass ${quote(name)} not found`);
  }
  const overhead = runtimeClass?.overhead?.podFixed;
  if (!overhead && Object.keys(spec.overhead ?? {}).length > 0) {
    throw refuse(
      'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
    );
  }
  if (overhead) {
    if (spec.overhead && !sameQuantities(spec.overhead, overhead)) {
      throw refuse("pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
    }
    spec.overhead = { ...overhead };
  }
  if (runtimeClass?.scheduling) mergeScheduling(spec, runtimeClass.scheduling, refuse);
}

function mergeScheduling(
  spec: PodSpec,
  scheduling: NonNullable<RuntimeClass['scheduling']>,
  refuse: (why: string) => Error,
): void {
  for (const [key, value] of Object.entries(scheduling.nodeSelector ?? {})) {
    const own = spec.nodeSelector?.[key];
    if (own !== undefined && own !== value) {
      throw refuse(
        `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`,
      );
    }
    spec.nodeSelector = { ...spec.nodeSelector, [key]: value };
  }
  for (const toleration of scheduling.tolerations ?? []) {
    const own = spec.tolerations ?? [];
    if (!own.some((one) => sameToleration(one, toleration))) {
      spec.tolerations = [...own, { ...toleration }];
    }
  }
}

function sameToleration(one: Toleration, other: Toleration): boolean {
  const fields = ['key', 'operator', 'value', 'effect', 'tolerationSeconds'] as const;
  return fields.every((name) => one[name] === other[name]);
}

function sameQuantities(
  one: Readonly<Record<string, string>>,
  other: Readonly<Record<string, string>>,
): boolean {
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => {
      const [left, right] = [
        tryParseQuantity(one[name] ?? ''),
        tryParseQuantity(other[name] ?? ''),
      ];
      return left !== undefined && right !== undefined && left.compare(right) === 0;
    })
  );
}
