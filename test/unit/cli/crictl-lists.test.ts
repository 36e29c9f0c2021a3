import { Code, ConnectError } from '@connectrpc/connect';
import { expect, it } from 'vitest';
import { ContainerState, PodSandboxState } from '#kube/cri/api_pb.ts';
import { before, startCrictl } from './crictl-session.ts';

const podId = 'a1'.repeat(32);
const imageId = `sha256:${'e5'.repeat(32)}`;
const labels = {
  'io.kubernetes.pod.name': 'web',
  'io.kubernetes.pod.namespace': 'default',
};

const running = {
  id: 'c3'.repeat(32),
  podSandboxId: podId,
  metadata: { name: 'main', attempt: 0 },
  image: { image: imageId },
  state: ContainerState.CONTAINER_RUNNING,
  createdAt: before(75),
  labels,
};
const exited = {
  id: 'd4'.repeat(32),
  podSandboxId: podId,
  metadata: { name: 'side', attempt: 2 },
  image: { image: 'busybox:1.36' },
  state: ContainerState.CONTAINER_EXITED,
  createdAt: before(3 * 86_400),
};

const containers = () =>
  startCrictl({
    runtime: {
      listContainers: ({ filter }) => ({
        containers: [exited, running].filter(
          ({ state }) => !filter?.state || filter.state.state === state,
        ),
      }),
    },
  });

it('lists running containers by short ids, and says how old they are', async () => {
  const { crictl, calls } = await containers();
  expect(await crictl('ps')).toEqual({
    code: 0,
    err: '',
    out: `CONTAINER           IMAGE               CREATED              STATE               NAME                ATTEMPT             POD ID              POD                 NAMESPACE
c3c3c3c3c3c3c       e5e5e5e5e5e5e       About a minute ago   Running             main                0                   a1a1a1a1a1a1a       web                 default
`,
  });
  // As upstream's client: each service is asked something first.
  expect(calls).toEqual(['Version', 'ImageFsInfo', 'ListContainers']);
});

it('lists containers of every state, the newest first', async () => {
  const { crictl } = await containers();
  const { out } = await crictl('ps -aq');
  expect(out).toBe(`${running.id}\n${exited.id}\n`);
  expect((await crictl('ps -a -n 1 -q')).out).toBe(`${running.id}\n`);
  expect((await crictl('ps --state exited -q')).out).toBe(`${exited.id}\n`);
  expect((await crictl("ps -a --name '^si' -q")).out).toBe(`${exited.id}\n`);
  expect((await crictl('ps -a --namespace def -q')).out).toBe(`${running.id}\n`);
});

it('prints a container in full', async () => {
  const { crictl } = await containers();
  expect((await crictl('ps -v')).out).toBe(`ID: ${running.id}
PodID: ${podId}
Namespace: default
Name: main
Attempt: 0
State: Running
Image: ${imageId}
Created: About a minute ago
Labels:
\tio.kubernetes.pod.name -> web
\tio.kubernetes.pod.namespace -> default

`);
});

it('prints what the service answered, with its zero values', async () => {
  const { crictl } = await containers();
  const { out } = await crictl('ps -a -l -o json');
  expect(out).toBe(`{
  "containers": [
    {
      "id": "${running.id}",
      "podSandboxId": "${podId}",
      "metadata": {
        "name": "main",
        "attempt": 0
      },
      "image": {
        "image": "${imageId}",
        "annotations": {},
        "userSpecifiedImage": "",
        "runtimeHandler": "",
        "imageRef": ""
      },
      "imageRef": "",
      "state": "CONTAINER_RUNNING",
      "createdAt": "${before(75)}",
      "labels": {
        "io.kubernetes.pod.name": "web",
        "io.kubernetes.pod.namespace": "default"
      },
      "annotations": {},
      "imageId": ""
    }
  ]
}
`);
});

it('refuses states and formats that are none', async () => {
  const { crictl } = await containers();
  expect(await crictl('ps --state foo')).toEqual({
    code: 1,
    out: '',
    err: '2026/11/30 06:00:00 --state should be one of created, running, exited or unknown\n',
  });
  expect((await crictl('ps -o xml')).err).toBe(
    'time="2026-11-30T06:00:00Z" level=fatal msg="listing containers: unsupported output format \\"xml\\""\n',
  );
});

it('lists pods', async () => {
  const items = [
    {
      id: podId,
      metadata: { name: 'web', namespace: 'default', uid: 'u', attempt: 0 },
      state: PodSandboxState.SANDBOX_READY,
      createdAt: before(7300),
      runtimeHandler: 'runc',
    },
    {
      id: 'b2'.repeat(32),
      metadata: { name: 'db', namespace: 'x', uid: 'v', attempt: 3 },
      state: PodSandboxState.SANDBOX_NOTREADY,
      createdAt: before(20),
    },
  ];
  const { crictl } = await startCrictl({ runtime: { listPodSandbox: () => ({ items }) } });
  expect((await crictl('pods')).out)
    .toBe(`POD ID              CREATED             STATE               NAME                NAMESPACE           ATTEMPT             RUNTIME
b2b2b2b2b2b2b       20 seconds ago      NotReady            db                  x                   3                   (default)
a1a1a1a1a1a1a       2 hours ago         Ready               web                 default             0                   runc
`);
  expect((await crictl('pods -l --no-trunc -v')).out).toContain(
    'Created: 2026-11-30 05:59:40 +0000 UTC\n',
  );
});

it('lists images, a line a tag', async () => {
  const images = [
    {
      id: imageId,
      repoTags: ['b:2', 'b:1'],
      repoDigests: [`b@sha256:${'9'.repeat(64)}`],
      size: 12_345_678n,
    },
    {
      id: `sha256:${'07'.repeat(32)}`,
      repoDigests: [`a@sha256:${'8'.repeat(64)}`],
      size: 999n,
      pinned: true,
    },
  ];
  const { crictl } = await startCrictl({ image: { listImages: () => ({ images }) } });
  expect((await crictl('img --pinned')).out)
    .toBe(`IMAGE               TAG                 IMAGE ID            SIZE                PINNED
a                   <none>              0707070707070       999B                true
b                   2                   e5e5e5e5e5e5e       12.3MB              false
b                   1                   e5e5e5e5e5e5e       12.3MB              false
`);
  expect((await crictl('images -q -f dangling=true')).out).toBe(`sha256:${'07'.repeat(32)}\n`);
});

it('tells of a failed call as upstream’s client and program do', async () => {
  const { crictl } = await startCrictl({
    runtime: {
      stopContainer: () => {
        throw new ConnectError('no "x"', Code.NotFound);
      },
    },
  });
  const rpc = 'rpc error: code = NotFound desc = no \\"x\\"';
  expect(await crictl('stop x')).toEqual({
    code: 1,
    out: '',
    err:
      `E1130 06:00:00.000000       1 remote_runtime.go:459] "StopContainer from runtime service failed" err="${rpc}" containerID="x"\n` +
      `time="2026-11-30T06:00:00Z" level=fatal msg="stopping the container \\"x\\": ${rpc}"\n`,
  });
});

it('gives a call up when its time is over, by the cluster’s clock', async () => {
  const { crictl, clock } = await startCrictl({
    runtime: {
      removePodSandbox: () => new Promise(() => undefined),
      podSandboxStatus: () => {
        // Held calls take no time: only the clock ends them.
        queueMicrotask(() => clock.advance(0));
        return {};
      },
    },
  });
  const outcome = crictl('rmp p');
  let code: number | undefined;
  void outcome.then((ended) => (code = ended.code));
  while (code === undefined) {
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(1000);
  }
  expect((await outcome).err).toContain('code = DeadlineExceeded desc = context deadline exceeded');
});

it('speaks to the node’s CRI only, and says so', async () => {
  const { crictl, shell } = await startCrictl();
  expect((await crictl('-r unix:///nope.sock version')).err).toContain(
    'rpc error: code = Unavailable desc = connection error: desc = \\"transport: Error while dialing: dial unix /nope.sock: connect: no such file or directory\\"',
  );
  await shell.files.write('/other.sock', '');
  expect((await crictl('-r unix:///other.sock version')).err).toContain(
    'this crictl speaks to unix:///run/sandglass/cri.sock only',
  );
});
