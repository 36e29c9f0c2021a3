import { Code, ConnectError } from '@connectrpc/connect';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ByteDuplex } from '#base/byte-stream.ts';
import { sleep } from '#base/clock.ts';
import type { Container } from '#kube/types.ts';
import { KubeletRig } from './testing/kubelet-rig.ts';

let rig: KubeletRig;

beforeEach(async () => {
  rig = new KubeletRig();
  await rig.start();
});

afterEach(async () => {
  await rig.stop();
  expect(rig.errors).toEqual([]);
});

function createPod(probes: Partial<Container>): void {
  rig.createPod({ containers: [{ name: 'main', image: 'busybox:1.36', ...probes }] });
}

const exec = { command: ['cat', '/ready'] };

describe('readiness', () => {
  it('follows the probe, both ways', async () => {
    let ready = false;
    rig.cri.exec = () => ({ exitCode: ready ? 0 : 1, stdout: 'not yet' });
    createPod({ readinessProbe: { exec, periodSeconds: 2, failureThreshold: 2 } });
    await rig.advance(5_000);
    expect(rig.status()?.ready).toBe(false);
    expect(rig.condition('Ready')).toBe('False');
    expect(rig.events().filter((event) => event.includes('Unhealthy'))[0]).toMatch(
      /^Warning Unhealthy Readiness probe failed: not yet/,
    );
    ready = true;
    await rig.advance(2_500);
    expect(rig.condition('Ready')).toBe('True');
    ready = false;
    await rig.advance(2_000);
    expect(rig.condition('Ready')).toBe('True');
    await rig.advance(2_500);
    expect(rig.condition('Ready')).toBe('False');
    expect(rig.cri.callsOf('StopContainer')).toEqual([]);
  });

  it('of an HTTP server is asked on the address of the pod', async () => {
    const seen: string[] = [];
    const httpGet = {
      path: 'healthz',
      port: 'http',
      httpHeaders: [{ name: 'X-Who', value: 'me' }],
    };
    rig.node.listeners.set('10.88.0.1:8080', (request) => {
      seen.push(request);
      return 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
    });
    createPod({
      ports: [{ name: 'http', containerPort: 8080 }],
      readinessProbe: { httpGet, periodSeconds: 1 },
    });
    await rig.advance(3_000);
    expect(rig.condition('Ready')).toBe('True');
    expect(seen[0]).toBe(
      'GET /healthz HTTP/1.1\r\nHost: 10.88.0.1:8080\r\nUser-Agent: kube-probe/1.36\r\nAccept: */*\r\nX-Who: me\r\nConnection: close\r\n\r\n',
    );
  });

  it.each([
    [
      'HTTP/1.1 503 Service Unavailable\r\n\r\n',
      'Readiness probe failed: HTTP probe failed with statuscode: 503',
    ],
    [
      undefined,
      'Readiness probe failed: Get "http://10.88.0.1:8080/": dial tcp 10.88.0.1:8080: connect: connection refused',
    ],
    ['', 'Readiness probe failed: Get "http://10.88.0.1:8080/": EOF'],
    [
      'hello\r\n\r\n',
      'Readiness probe failed: Get "http://10.88.0.1:8080/": net/http: HTTP/1.x transport connection broken: malformed HTTP response "hello"',
    ],
  ])('fails for the answer %j', async (answer, message) => {
    if (answer !== undefined) rig.node.listeners.set('10.88.0.1:8080', () => answer);
    createPod({ readinessProbe: { httpGet: { port: 8080 }, periodSeconds: 1 } });
    await rig.advance(2_500);
    expect(rig.events().some((event) => event.startsWith(`Warning Unhealthy ${message}`))).toBe(
      true,
    );
    expect(rig.condition('Ready')).toBe('False');
  });

  it.each([
    ['that is not made', false, 'dial tcp 10.88.0.1:8080: i/o timeout'],
    ['without an answer', true, 'context deadline exceeded'],
  ])('fails for a connection %s', async (_what, connects, why) => {
    const never = () => new Promise<never>(() => undefined);
    rig.node.dial = () =>
      connects
        ? Promise.resolve({
            incoming: { read: never },
            outgoing: { write: () => Promise.resolve(), end: () => undefined },
            close: () => undefined,
          } as unknown as ByteDuplex)
        : never();
    createPod({ readinessProbe: { httpGet: { port: 8080 }, periodSeconds: 2 } });
    await rig.advance(4_000);
    const event = `Warning Unhealthy Readiness probe failed: Get "http://10.88.0.1:8080/": ${why} (Client.Timeout exceeded while awaiting headers)`;
    expect(rig.events().some((told) => told.startsWith(event))).toBe(true);
  });

  it.each([
    ['quick', 600, [1_000, 1_000, 1_000]],
    ['slow', 2_500, [2_500, 2_500, 2_500]],
  ])(
    'begins each period anew although the probe takes its time: %s',
    async (_what, takes, gaps) => {
      const times: number[] = [];
      rig.cri.hold = (method) => {
        if (method !== 'ExecSync') return undefined;
        times.push(rig.clock.now());
        return sleep(rig.clock, takes);
      };
      createPod({ livenessProbe: { exec, periodSeconds: 1, timeoutSeconds: 5 } });
      await rig.advance(12_000);
      expect(times.slice(1, 4).map((time, index) => time - (times[index] ?? 0))).toEqual(gaps);
    },
  );

  it('of a TCP port is whether it is open', async () => {
    createPod({ readinessProbe: { tcpSocket: { port: 6379 }, periodSeconds: 1 } });
    await rig.advance(3_000);
    expect(rig.condition('Ready')).toBe('False');
    rig.node.listeners.set('10.88.0.1:6379', () => '');
    await rig.advance(1_500);
    expect(rig.condition('Ready')).toBe('True');
  });

  it('waits for readiness gates too', async () => {
    rig.createPod({ readinessGates: [{ conditionType: 'example.com/gate' }] });
    await rig.advance(3_000);
    expect(rig.condition('ContainersReady')).toBe('True');
    expect(rig.pod()?.status?.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({
      status: 'False',
      reason: 'ReadinessGatesNotReady',
      message: 'corresponding condition of pod readiness gate "example.com/gate" does not exist.',
    });
  });
});

describe('liveness', () => {
  it('restarts the container after failureThreshold failures', async () => {
    rig.cri.exec = () => ({ exitCode: 1 });
    createPod({
      livenessProbe: {
        exec,
        periodSeconds: 5,
        failureThreshold: 2,
        initialDelaySeconds: 3,
        terminationGracePeriodSeconds: 7,
      },
    });
    await rig.advance(8_000);
    expect(rig.cri.callsOf('StopContainer')).toEqual([]);
    await rig.advance(5_000);
    expect(rig.cri.callsOf('StopContainer')).toEqual(['main 7']);
    expect(rig.events()).toContain(
      'Normal Killing Container main failed liveness probe, will be restarted',
    );
    expect(rig.cri.callsOf('StartContainer')).toEqual(['main', 'main']);
    expect(rig.status()?.restartCount).toBe(1);
  });

  it('of an errored probe is not failure', async () => {
    rig.cri.fail = (method) => {
      if (method !== 'ExecSync') return undefined;
      return new ConnectError('exec failed', Code.Unknown);
    };
    createPod({ livenessProbe: { exec, periodSeconds: 1, failureThreshold: 1 } });
    await rig.advance(5_000);
    expect(rig.cri.callsOf('StopContainer')).toEqual([]);
    expect(
      rig
        .events()
        .some((event) => event.includes('Liveness probe errored and resulted in unknown state')),
    ).toBe(true);
  });
});

describe('startup', () => {
  it('holds the other probes back until it succeeds', async () => {
    let up = false;
    rig.cri.exec = ([program]) => ({ exitCode: program === 'up' && !up ? 1 : 0 });
    createPod({
      startupProbe: { exec: { command: ['up'] }, periodSeconds: 2, failureThreshold: 10 },
      readinessProbe: { exec: { command: ['ready'] }, periodSeconds: 1 },
    });
    await rig.advance(5_000);
    expect(rig.status()?.started).toBe(false);
    expect(rig.cri.callsOf('ExecSync')).not.toContain('ready');
    up = true;
    await rig.advance(3_000);
    expect(rig.status()?.started).toBe(true);
    expect(rig.condition('Ready')).toBe('True');
  });

  it('restarts a container that does not come up', async () => {
    rig.cri.exec = () => ({ exitCode: 1 });
    createPod({ startupProbe: { exec, periodSeconds: 1, failureThreshold: 3 } });
    await rig.advance(6_000);
    expect(rig.events()).toContain(
      'Normal Killing Container main failed startup probe, will be restarted',
    );
    expect(rig.cri.callsOf('StopContainer')).toEqual(['main 30']);
  });
});
