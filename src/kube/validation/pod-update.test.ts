import { describe, expect, it } from 'vitest';
import type { Pod } from '#kube/types.ts';
import { fieldErrorText } from './field-error.ts';
import { podOf, withContainer } from './testing.ts';
import { validateStatusUpdate, validateUpdate } from './validate.ts';

describe('an update of a pod', () => {
  const refused = (next: Pod, previous: Pod) => validateUpdate(next, previous).map(fieldErrorText);

  it('may change images, shorten the deadline, add tolerations', () => {
    const previous = podOf({
      activeDeadlineSeconds: 10,
      tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 3 }],
    });
    const next = podOf({
      ...withContainer({ image: 'other', imagePullPolicy: 'Always' }),
      activeDeadlineSeconds: 5,
      tolerations: [
        { key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 9 },
        { key: 'b', operator: 'Exists' },
      ],
    });
    expect(refused(next, previous)).toEqual([]);
  });

  it.each<[string, Pod, Pod, string[]]>([
    [
      'the node',
      podOf({ nodeName: 'b' }),
      podOf({ nodeName: 'a' }),
      [
        'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n  core.PodSpec{\n  \t... // 10 identical fields\n- \tNodeName: "a",\n+ \tNodeName: "b",\n  }\n',
      ],
    ],
    [
      'the number of containers',
      podOf({ containers: [] }),
      podOf(),
      [
        'spec.containers: Required value',
        'spec.containers: Forbidden: pod updates may not add or remove containers',
      ],
    ],
    [
      'a longer deadline',
      podOf({ activeDeadlineSeconds: 6 }),
      podOf({ activeDeadlineSeconds: 5 }),
      [
        'spec.activeDeadlineSeconds: Invalid value: 6: must be less than or equal to previous value',
      ],
    ],
    [
      'no deadline any more',
      podOf(),
      podOf({ activeDeadlineSeconds: 5 }),
      [
        'spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive integer to nil value',
      ],
    ],
    [
      'fewer tolerations',
      podOf(),
      podOf({ tolerations: [{ operator: 'Exists' }] }),
      [
        'spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds',
      ],
    ],
    [
      'the name',
      podOf({}, { name: 'other' }),
      podOf(),
      ['metadata.name: Invalid value: "other": field is immutable'],
    ],
    [
      'the uid',
      podOf({}, { uid: '2' }),
      podOf({}, { uid: '1' }),
      ['metadata.uid: Invalid value: "2": field is immutable'],
    ],
    [
      'no version',
      podOf({}, { resourceVersion: '' }),
      podOf(),
      ['metadata.resourceVersion: Invalid value: "": must be specified for an update'],
    ],
    [
      'finalizers while it is deleted',
      podOf({}, { deletionTimestamp: 't', finalizers: ['x.io/a'] }),
      podOf({}, { deletionTimestamp: 't' }),
      [
        'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"x.io/a"}',
      ],
    ],
    [
      'a mirror annotation',
      podOf({ nodeName: 'n' }, { annotations: { 'kubernetes.io/config.mirror': 'x' } }),
      podOf({ nodeName: 'n' }),
      [
        'metadata.annotations[kubernetes.io/config.mirror]: Forbidden: may not add mirror pod annotation',
      ],
    ],
  ])('may not change %s', (_, next, previous, expected) => {
    expect(refused(next, previous)).toEqual(expected);
  });
});

describe('an update of a pod’s status', () => {
  const ended = (exitCode: number) => [
    {
      name: 'c',
      image: 'x',
      imageID: '',
      ready: false,
      restartCount: 0,
      state: { terminated: { exitCode } },
    },
  ];
  const running = [
    { name: 'c', image: 'x', imageID: '', ready: true, restartCount: 1, state: { running: {} } },
  ];

  it.each([
    [
      'Never',
      1,
      [
        'status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state',
      ],
    ],
    [
      'OnFailure',
      0,
      [
        'status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state',
      ],
    ],
    ['OnFailure', 1, []],
    ['Always', 0, []],
  ])('starts a container again with %s after exit %d: %j', (restartPolicy, exitCode, expected) => {
    const previous = {
      ...podOf({ restartPolicy }),
      status: { containerStatuses: ended(exitCode) },
    };
    const next = { ...previous, status: { containerStatuses: running } };
    expect(validateStatusUpdate(next, previous).map(fieldErrorText)).toEqual(expected);
  });

  it('keeps class and node, and has addresses', () => {
    const previous = { ...podOf({ nodeName: 'a' }), status: { qosClass: 'Burstable' } };
    const next = {
      ...podOf({ nodeName: 'b' }),
      status: {
        qosClass: 'BestEffort',
        podIPs: [{ ip: 'x' }],
        hostIP: '1.1.1.1',
        hostIPs: [{ ip: '1.1.1.2' }],
      },
    };
    expect(validateStatusUpdate(next, previous).map(fieldErrorText)).toEqual([
      'status.nodeName: Forbidden: may not be changed directly',
      'status.qosClass: Invalid value: "BestEffort": field is immutable',
      'status.podIPs[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      'status.hostIPs[0].ip: Invalid value: "1.1.1.2": must be equal to `hostIP`',
    ]);
  });
});
