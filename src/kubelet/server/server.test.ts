import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KubeletRig } from '#kubelet/testing/kubelet-rig.ts';

let rig: KubeletRig;

beforeEach(async () => {
  rig = new KubeletRig();
  await rig.start();
  rig.createPod();
  await rig.advance(2_000);
});

afterEach(async () => {
  await rig.stop();
});

const logPath = '/var/log/pods/default_web_pod-uid-1/main/0.log';
const line = (second: number, text: string, stream = 'stdout', tag = 'F') =>
  `2026-01-01T00:00:${String(second).padStart(2, '0')}.123456789Z ${stream} ${tag} ${text}\n`;

const get = (path: string, init?: RequestInit) =>
  rig.kubelet.server.fetch(new Request(`http://node-1/${path}`, init));

async function text(path: string): Promise<string> {
  return await (await get(path)).text();
}

function upgrade(path: string) {
  return rig.kubelet.server.upgrade({
    method: 'POST',
    url: new URL(`http://node-1/${path}`),
    headers: new Headers(),
  });
}

const logs = 'containerLogs/default/web/main';

describe('containerLogs', () => {
  beforeEach(() => {
    rig.node.files.put(
      logPath,
      line(1, 'one') + line(2, 'tw', 'stdout', 'P') + line(2, 'o') + line(3, 'three', 'stderr'),
    );
  });

  it.each([
    ['', 'one\ntwo\nthree\n'],
    ['?tailLines=1', 'three\n'],
    ['?tailLines=0', ''],
    ['?limitBytes=5', 'one\nt'],
    ['?timestamps=true&tailLines=1', '2026-01-01T00:00:03.123456789Z three\n'],
    ['?sinceTime=2026-01-01T00:00:03Z', 'three\n'],
    ['?stream=Stderr', 'three\n'],
  ])('%s', async (query, expected) => {
    expect(await text(`${logs}${query}`)).toBe(expected);
  });

  it('counts sinceSeconds back from now', async () => {
    // Two seconds and the start have gone since midnight.
    rig.node.files.put(logPath, line(0, 'old') + line(2, 'new'));
    await rig.advance(500);
    expect(await text(`${logs}?sinceSeconds=1`)).toBe('new\n');
  });

  it.each([
    ['containerLogs/default/none/main', 404, 'pod "none" does not exist\n'],
    ['containerLogs/default/web/none', 404, 'container "none" not found in pod "web"\n'],
    [`${logs}?previous=true`, 400, 'previous terminated container "main" in pod "web" not found'],
    ['containerLogs/default', 404, '404 page not found\n'],
  ])('%s is refused with %i', async (path, status, message) => {
    const response = await get(path);
    expect([response.status, await response.text()]).toEqual([status, message]);
  });

  it('of the last instance come with previous', async () => {
    rig.cri.exit('main', 1);
    await rig.advance(3_000);
    rig.node.files.put('/var/log/pods/default_web_pod-uid-1/main/1.log', line(9, 'again'));
    expect(await text(logs)).toBe('again\n');
    expect(await text(`${logs}?previous=true`)).toBe('one\ntwo\nthree\n');
  });

  it('of a container that waits say for what', async () => {
    rig.createPod({ containers: [{ name: 'main', image: 'none:1' }] }, 'waiting');
    await rig.advance(12_000);
    expect(await text('containerLogs/default/waiting/main')).toMatch(
      /^container "main" in pod "waiting" is waiting to start: (image can't be pulled|trying and failing to pull image)$/,
    );
  });

  it('are followed through rotation until the container ends', async () => {
    const response = await get(`${logs}?follow=true&tailLines=1`);
    const reader = response.body?.getReader();
    const next = async () => new TextDecoder().decode((await reader?.read())?.value);
    expect(await next()).toBe('three\n');
    await rig.node.files.write(logPath, rig.node.files.text(logPath) + line(4, 'four'));
    rig.node.change();
    expect(await next()).toBe('four\n');
    await rig.node.files.rename(logPath, `${logPath}.20260101-000005`);
    rig.node.files.put(logPath, line(5, 'five'));
    rig.node.change();
    expect(await next()).toBe('five\n');
    rig.cri.exit('main', 0);
    const end = reader?.read();
    // Nothing is written any more, so nothing of the file tells of the end.
    await rig.advance(1_000);
    expect((await end)?.done).toBe(true);
  });
});

describe('exec, attach and port-forward', () => {
  const body = async (path: string) => {
    const answer = await upgrade(path);
    return answer instanceof Response ? `${answer.status} ${await answer.text()}` : 'upgraded';
  };

  it('ask the CRI and pass the stream to the URL that it gives', async () => {
    expect(await body('exec/default/web/main?command=ls&command=-l&output=1&error=1')).toBe(
      '200 upgraded http://streaming/exec/token',
    );
    expect(rig.cri.callsOf('Exec')).toEqual(['container-2 ls -l']);
    expect(await body('attach/default/web/main?input=1&output=1&tty=1')).toBe(
      '200 upgraded http://streaming/attach/token',
    );
    expect(await body('portForward/default/web?port=80')).toBe(
      '200 upgraded http://streaming/portforward/token',
    );
    expect(rig.cri.callsOf('PortForward')).toEqual(['sandbox-1 80']);
  });

  it.each([
    [
      'exec/default/web/main?command=ls',
      '400 you must specify at least 1 of stdin, stdout, stderr\n',
    ],
    ['exec/default/none/main?output=1', '404 pod does not exist\n'],
    ['exec/default/web/none?output=1', '500 container not found ("none")\n'],
    ['portForward/default/none', '404 pod does not exist\n'],
    ['logs', '404 404 page not found\n'],
  ])('%s is refused', async (path, answer) => {
    expect(await body(path)).toBe(answer);
  });

  it('need a request that upgrades', async () => {
    expect(
      (await get('exec/default/web/main?command=ls&output=1', { method: 'POST' })).status,
    ).toBe(400);
  });
});

describe('what the kubelet tells of itself', () => {
  it('is healthy while the runtime is', async () => {
    expect(await text('healthz')).toBe('ok');
  });

  it('lists its pods', async () => {
    const list = (await (await get('pods')).json()) as {
      kind: string;
      items: { status: object }[];
    };
    expect(list.kind).toBe('PodList');
    expect(list.items[0]?.status).toMatchObject({ phase: 'Running' });
  });

  it('counts what node and pods use', async () => {
    const nanoseconds = 1_767_225_600_000_000_000n;
    const cpu = {
      timestamp: nanoseconds,
      usageCoreNanoSeconds: { value: 2_000_000_000n },
      usageNanoCores: { value: 5n },
    };
    const memory = { timestamp: nanoseconds, workingSetBytes: { value: 4096n } };
    rig.cri.stats = [
      {
        attributes: {
          id: 'sandbox-1',
          metadata: { name: 'web', namespace: 'default', uid: 'pod-uid-1' },
        },
        linux: {
          cpu,
          memory,
          containers: [
            {
              attributes: { id: 'container-2', labels: { 'io.kubernetes.container.name': 'main' } },
              cpu,
              memory,
            },
          ],
        },
      },
    ];
    rig.node.nodeUsage = {
      time: 1_767_225_610_000,
      bootTime: 1_767_225_600_000,
      cpuNanoSeconds: 5_000_000_000n,
    };
    const summary = (await (await get('stats/summary')).json()) as { node: object; pods: object[] };
    expect(summary.node).toMatchObject({
      nodeName: 'node-1',
      cpu: { usageNanoCores: 500_000_000 },
    });
    expect(summary.pods).toMatchObject([
      {
        podRef: { name: 'web', namespace: 'default', uid: 'pod-uid-1' },
        cpu: { usageCoreNanoSeconds: 2_000_000_000 },
        containers: [{ name: 'main', memory: { workingSetBytes: 4096 } }],
      },
    ]);
    const metrics = await text('metrics/resource');
    expect(metrics).toContain(
      '# TYPE container_cpu_usage_seconds_total counter\ncontainer_cpu_usage_seconds_total{container="main",namespace="default",pod="web"} 2 1767225600000\n',
    );
    expect(metrics).toContain('node_cpu_usage_seconds_total 5 1767225610000\n');
  });
});
