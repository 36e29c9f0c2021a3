import { container } from './container.ts';
import { images } from './images.ts';
import { mounts, outOfMemory } from './mounts.ts';
import { multipleContainers, networking } from './networking.ts';
import { idempotence, podSandbox, runtimeInfo } from './pod-sandbox.ts';
import { securityContext } from './security-context.ts';
import type { SpecGroup } from './spec.ts';
import { streaming } from './streaming.ts';

export const allSpecs: readonly SpecGroup[] = [
  ...container,
  ...images,
  ...podSandbox,
  ...networking,
  ...multipleContainers,
  ...streaming('spdy'),
  ...runtimeInfo,
  ...idempotence,
  ...securityContext,
  ...mounts,
  ...outOfMemory,
];

/** Specs of critest that are not asserted here, by what they are about: how many, and why not. */
export const leftOut: Readonly<Record<string, { specs: number; reason: string }>> = {
  AppArmor: { specs: 9, reason: 'The kernel has none, and nothing to load profiles with.' },
  'User Namespaces': { specs: 6, reason: 'Linux 6.1 cannot map the owners of files on tmpfs.' },
  'Image Volume': { specs: 5, reason: 'Image volumes are refused.' },
  NRI: { specs: 13, reason: 'The shim has no Node Resource Interface.' },
};

/** Of cri-tools at ba03eab (after v1.36.0), without the 17 for SELinux. */
export const upstream = { specs: 137, conformance: 52 };
