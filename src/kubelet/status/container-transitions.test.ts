import { expect, test } from 'vitest';
import type { ContainerState, Pod, PodStatus } from '#kube/types.ts';
import { undoesAnEnd } from './container-transitions.ts';

function pod(restartPolicy: string): Pod {
  return { spec: { restartPolicy, containers: [{ name: 'c', image: 'i' }] } };
}

function status(state: ContainerState): PodStatus {
  const facts = { ready: false, restartCount: 0, image: 'i', imageID: '' };
  return { containerStatuses: [{ name: 'c', state, ...facts }] };
}

const ended = (exitCode: number) => status({ terminated: { exitCode } });
const waiting = status({ waiting: { reason: 'ContainerCreating' } });

test.each([
  ['Never', 0, true],
  ['Never', 1, true],
  ['OnFailure', 0, true],
  ['OnFailure', 1, false],
  ['Always', 0, false],
])('of a pod with restartPolicy %s, an end with %d is for good: %s', (policy, code, final) => {
  expect(undoesAnEnd(ended(code), waiting, pod(policy))).toBe(final);
  expect(undoesAnEnd(ended(code), ended(code), pod(policy))).toBe(false);
  expect(undoesAnEnd(waiting, status({ running: {} }), pod(policy))).toBe(false);
});
