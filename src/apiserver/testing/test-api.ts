import { ManualClock } from '#base/clock.ts';
import { TraceBus } from '#base/trace.ts';
import type { Pod } from '#kube/types.ts';
import { KubeClient } from '#kube/client/client.ts';
import { createApiServer, type ApiServer, type ApiServerOptions } from '#apiserver/api-server.ts';

/** 2026-01-01T00:00:00Z, when every test begins. */
export const testEpoch = 1_767_225_600_000;

export interface TestApi {
  api: ApiServer;
  client: KubeClient;
  clock: ManualClock;
  trace: TraceBus;
  /** A request with a JSON answer. */
  send: (
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ) => Promise<Answer>;
}

export interface Answer {
  code: number;
  headers: Headers;
  // Tests look into answers of every shape.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any;
}

export function startTestApi(options: Partial<ApiServerOptions> = {}): TestApi {
  const clock = new ManualClock(testEpoch);
  const trace = new TraceBus(clock);
  const api = createApiServer({ clock, trace, kubelet: () => undefined, ...options });
  const client = new KubeClient({ fetch: api.fetch, userAgent: 'test' });
  return {
    api,
    client,
    clock,
    trace,
    async send(method, path, body, headers = {}) {
      const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
      const request = new Request(`http://kubernetes${path}`, {
        method,
        headers: {
          ...(text === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(text === undefined ? {} : { body: text }),
      });
      const response = await api.fetch(request);
      const answer = await response.text();
      return {
        code: response.status,
        headers: response.headers,
        body: response.headers.get('content-type')?.startsWith('application/json')
          ? (JSON.parse(answer) as unknown)
          : answer,
      };
    },
  };
}

export function testPod(name: string, spec: Partial<Pod['spec']> = {}, namespace = 'default'): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: { containers: [{ name: 'main', image: 'busybox:1.36' }], ...spec },
  };
}
