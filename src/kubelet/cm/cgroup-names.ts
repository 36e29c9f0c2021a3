import type { Pod } from '#kube/types.ts';
import { configHashAnnotation, uidOf } from '#kubelet/pod-facts.ts';
import { type QosClass, qosClassOf } from './qos.ts';

/** The cgroupfs driver's names (pkg/kubelet/cm). */
export const kubepods = '/kubepods';

export function qosCgroup(qos: QosClass): string {
  return qos === 'Guaranteed' ? kubepods : `${kubepods}/${qos.toLowerCase()}`;
}

/** A static pod's is named by the hash of its file, which is its UID too. */
export function podCgroup(pod: Pod): string {
  return `${qosCgroup(qosClassOf(pod))}/pod${cgroupUid(pod)}`;
}

export function cgroupUid(pod: Pod): string {
  return pod.metadata?.annotations?.[configHashAnnotation] ?? uidOf(pod);
}
