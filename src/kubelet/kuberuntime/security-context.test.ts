import { describe, expect, it } from 'vitest';
import {
  NamespaceMode,
  SecurityProfile_ProfileType as ProfileType,
  SupplementalGroupsPolicy,
} from '#kube/cri/api_pb.ts';
import type { Pod, PodSecurityContext, SecurityContext } from '#kube/types.ts';
import {
  containerSecurityContext,
  namespacesOf,
  runAsNonRootViolation,
} from './security-context.ts';

const image = { ref: 'sha256:1', id: 'sha256:1', size: 0n, user: undefined };

function contextOf(
  container: SecurityContext,
  pod: PodSecurityContext = {},
  user?: { uid: number } | { username: string },
) {
  const spec = { name: 'main', securityContext: container };
  const subject: Pod = {
    metadata: { name: 'p', namespace: 'n', uid: 'u' },
    spec: { containers: [spec], securityContext: pod },
  };
  return containerSecurityContext(subject, spec, { ...image, user }, []);
}

describe('containerSecurityContext', () => {
  it.each<[string, SecurityContext, PodSecurityContext, object]>([
    [
      'the container over the pod',
      { runAsUser: 2 },
      { runAsUser: 1, runAsGroup: 3 },
      { runAsUser: { value: 2n }, runAsGroup: { value: 3n } },
    ],
    ['no profile', {}, {}, { seccomp: { profileType: ProfileType.Unconfined } }],
    [
      'the profile of the runtime',
      {},
      { seccompProfile: { type: 'RuntimeDefault' } },
      { seccomp: { profileType: ProfileType.RuntimeDefault } },
    ],
    [
      'a profile of the node',
      { seccompProfile: { type: 'Localhost', localhostProfile: 'audit.json' } },
      {},
      {
        seccomp: {
          profileType: ProfileType.Localhost,
          localhostRef: '/var/lib/kubelet/seccomp/audit.json',
        },
      },
    ],
    ['no new privileges', { allowPrivilegeEscalation: false }, {}, { noNewPrivs: true }],
    [
      'privilege',
      { privileged: true, readOnlyRootFilesystem: true },
      {},
      { privileged: true, readonlyRootfs: true, noNewPrivs: false },
    ],
    [
      'capabilities',
      { capabilities: { add: ['NET_ADMIN'], drop: ['ALL'] } },
      {},
      { capabilities: { addCapabilities: ['NET_ADMIN'], dropCapabilities: ['ALL'] } },
    ],
    [
      'groups',
      {},
      { fsGroup: 5, supplementalGroups: [6, 5] },
      { supplementalGroups: [5n, 6n], supplementalGroupsPolicy: SupplementalGroupsPolicy.Merge },
    ],
    [
      'strict groups',
      {},
      { supplementalGroupsPolicy: 'Strict' },
      { supplementalGroupsPolicy: SupplementalGroupsPolicy.Strict },
    ],
    ['an unmasked /proc', { procMount: 'Unmasked' }, {}, { maskedPaths: [], readonlyPaths: [] }],
  ])('has %s', (_what, container, pod, expected) => {
    expect(contextOf(container, pod)).toMatchObject(expected);
  });

  it('takes the user of the image where nobody says otherwise', () => {
    expect(contextOf({}, {}, { uid: 101 })).toMatchObject({ runAsUser: { value: 101n } });
    expect(contextOf({}, {}, { username: 'www' })).toMatchObject({ runAsUsername: 'www' });
    expect(contextOf({ runAsUser: 0 }, {}, { username: 'www' })).not.toHaveProperty(
      'runAsUsername',
    );
  });
});

describe('runAsNonRootViolation', () => {
  const where = '(pod: "p_n(u)", container: main)';

  it.each<
    [
      string,
      SecurityContext,
      { uid: number } | { username: string } | undefined,
      string | undefined,
    ]
  >([
    [
      'a root image',
      {},
      undefined,
      `container has runAsNonRoot and image will run as root ${where}`,
    ],
    [
      'an image of user 0',
      {},
      { uid: 0 },
      `container has runAsNonRoot and image will run as root ${where}`,
    ],
    [
      'a name',
      {},
      { username: 'www' },
      `container has runAsNonRoot and image has non-numeric user (www), cannot verify user is non-root ${where}`,
    ],
    [
      'user 0',
      { runAsUser: 0 },
      { uid: 101 },
      `container's runAsUser breaks non-root policy ${where}`,
    ],
    ['another user', { runAsUser: 5 }, undefined, undefined],
    ['an image of another user', {}, { uid: 101 }, undefined],
  ])('of %s', (_what, securityContext, user, expected) => {
    const container = { name: 'main', securityContext: { runAsNonRoot: true, ...securityContext } };
    const pod: Pod = {
      metadata: { name: 'p', namespace: 'n', uid: 'u' },
      spec: { containers: [container] },
    };
    expect(runAsNonRootViolation(pod, container, { ...image, user })).toBe(expected);
  });
});

describe('namespacesOf', () => {
  const { POD, CONTAINER, NODE } = NamespaceMode;

  it.each([
    [{}, { network: POD, ipc: POD, pid: CONTAINER }],
    [{ shareProcessNamespace: true }, { network: POD, ipc: POD, pid: POD }],
    [
      { hostNetwork: true, hostIPC: true, hostPID: true },
      { network: NODE, ipc: NODE, pid: NODE },
    ],
  ])('%j', (spec, expected) => {
    expect(namespacesOf({ spec: { containers: [], ...spec } })).toEqual(expected);
  });
});
