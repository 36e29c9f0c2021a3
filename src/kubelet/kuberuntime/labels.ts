import type { Container, LifecycleHandler, Pod } from '#kube/types.ts';
import { nameOf, namespaceOf, uidOf } from '#kubelet/pod-facts.ts';
import { hashContainer } from './hash.ts';

/** pkg/kubelet/types/labels.go */
export const podNameLabel = 'io.kubernetes.pod.name';
export const podNamespaceLabel = 'io.kubernetes.pod.namespace';
export const podUidLabel = 'io.kubernetes.pod.uid';
export const containerNameLabel = 'io.kubernetes.container.name';

/** pkg/kubelet/kuberuntime/labels.go */
const podDeletionGracePeriod = 'io.kubernetes.pod.deletionGracePeriod';
const podTerminationGracePeriod = 'io.kubernetes.pod.terminationGracePeriod';
const containerHash = 'io.kubernetes.container.hash';
const containerRestartCount = 'io.kubernetes.container.restartCount';
const containerTerminationMessagePath = 'io.kubernetes.container.terminationMessagePath';
const containerTerminationMessagePolicy = 'io.kubernetes.container.terminationMessagePolicy';
const containerPreStopHandler = 'io.kubernetes.container.preStopHandler';
const containerPorts = 'io.kubernetes.container.ports';

type Labels = Record<string, string>;

export function newPodLabels(pod: Pod): Labels {
  return { ...pod.metadata?.labels, ...identityLabels(pod) };
}

export function newPodAnnotations(pod: Pod): Labels {
  return { ...pod.metadata?.annotations };
}

export function newContainerLabels(container: Container, pod: Pod): Labels {
  return { ...identityLabels(pod), [containerNameLabel]: container.name };
}

/** What a restarted kubelet needs to know of a container without its pod. */
export function newContainerAnnotations(
  container: Container,
  pod: Pod,
  restartCount: number,
): Labels {
  const annotations: Labels = {
    [containerHash]: hashContainer(container),
    [containerRestartCount]: String(restartCount),
    [containerTerminationMessagePath]: container.terminationMessagePath ?? '',
    [containerTerminationMessagePolicy]: container.terminationMessagePolicy ?? '',
  };
  const deletion = pod.metadata?.deletionGracePeriodSeconds;
  if (deletion !== undefined) annotations[podDeletionGracePeriod] = String(deletion);
  const termination = pod.spec?.terminationGracePeriodSeconds;
  if (termination !== undefined) annotations[podTerminationGracePeriod] = String(termination);
  const preStop = container.lifecycle?.preStop;
  if (preStop) annotations[containerPreStopHandler] = JSON.stringify(preStop);
  if (container.ports?.length) annotations[containerPorts] = JSON.stringify(container.ports);
  return annotations;
}

export interface AnnotatedContainer {
  hash: string;
  restartCount: number;
  terminationMessagePath: string;
  terminationMessagePolicy: string;
  preStop: LifecycleHandler | undefined;
  deletionGracePeriod: number | undefined;
  terminationGracePeriod: number | undefined;
}

export function containerInfoFromAnnotations(annotations: Labels): AnnotatedContainer {
  const number = (key: string) => {
    const text = annotations[key];
    return text === undefined || !/^\d+$/.test(text) ? undefined : Number(text);
  };
  const preStop = annotations[containerPreStopHandler];
  return {
    hash: annotations[containerHash] ?? '',
    restartCount: number(containerRestartCount) ?? 0,
    terminationMessagePath: annotations[containerTerminationMessagePath] ?? '',
    terminationMessagePolicy: annotations[containerTerminationMessagePolicy] ?? '',
    preStop: preStop === undefined ? undefined : (JSON.parse(preStop) as LifecycleHandler),
    deletionGracePeriod: number(podDeletionGracePeriod),
    terminationGracePeriod: number(podTerminationGracePeriod),
  };
}

function identityLabels(pod: Pod): Labels {
  return {
    [podNameLabel]: nameOf(pod),
    [podNamespaceLabel]: namespaceOf(pod),
    [podUidLabel]: uidOf(pod),
  };
}
