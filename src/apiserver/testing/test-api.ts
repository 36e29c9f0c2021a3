import { ManualClock } from '#base/clock.ts';
import { TraceBus } from '#base/trace.ts';
import type { KubeObject, ListMeta, ObjectMeta, Pod, PodSpec, Status } from '#kube/types.ts';
import { KubeClient } from '#kube/client/client.ts';
import { createApiServer, type ApiServer, type ApiServerOptions } from '#apiserver/api-server.ts';

/** 2026-01-01T00:00:00Z, when every test begins. */
export const testEpoch = 1_767_225_600_000;

export interface TestApi {
  api: ApiServer;
  client: KubeClient;
  clock: ManualClock;
  trace: TraceBus;
  send: (
    method: string,
    path: string,
    body?: object | string,
    headers?: Record<string, string>,
  ) => Promise<Answer>;
}

/** What any of the answers may hold. */
export interface AnswerBody extends Omit<Status, 'status' | 'metadata'> {
  metadata?: ObjectMeta & ListMeta;
  items?: KubeObject[];
  rows?: { cells: unknown[]; object: KubeObject | null }[];
  columnDefinitions?: { name: string; priority: number }[] | null;
}

export interface Answer {
  code: number;
  headers: Headers;
  text: string;
  /** Empty unless the answer is JSON. */
  body: AnswerBody;
}

export function startTestApi(options: Partial<ApiServerOptions> = {}): TestApi {
  const clock = new ManualClock(testEpoch);
  const trace = new TraceBus(clock);
  const api = createApiServer({ clock, trace, kubelet: () => undefined, ...options });
  const client = new KubeClient({ fetch: api.fetch, userAgent: 'test' });
  const send: TestApi['send'] = async (method, path, body, headers = {}) => {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const request = new Request(`http://kubernetes${path}`, {
      method,
      headers: {
        ...(text === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(text === undefined ? {} : { body: text }),
    });
    return read(await api.fetch(request));
  };
  return { api, client, clock, trace, send };
}

async function read(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json');
  const body = isJson ? (JSON.parse(text) as AnswerBody) : {};
  return { code: response.status, headers: response.headers, text, body };
}

export function testPod(name: string, spec: Partial<PodSpec> = {}, namespace = 'default'): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: { containers: [{ name: 'main', image: 'busybox:1.36' }], ...spec },
  };
}

/** The events of a watch, as the lines of its answer come. */
export class WatchReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #lines: string[] = [];
  #rest = '';

  constructor(response: Response) {
    if (!response.body) throw new Error('A watch has a body.');
    this.#reader = response.body.getReader();
  }

  /** `undefined` when the watch has ended. */
  async next(): Promise<WatchLine | undefined> {
    for (;;) {
      const line = this.#lines.shift();
      if (line !== undefined) return JSON.parse(line) as WatchLine;
      const { done, value } = await this.#reader.read();
      if (done) return undefined;
      const parts = (this.#rest + new TextDecoder().decode(value)).split('\n');
      this.#rest = parts.pop() ?? '';
      this.#lines.push(...parts);
    }
  }

  async take(count: number): Promise<WatchLine[]> {
    const lines: WatchLine[] = [];
    for (let at = 0; at < count; at++) {
      const line = await this.next();
      if (!line) break;
      lines.push(line);
    }
    return lines;
  }

  async cancel(): Promise<void> {
    await this.#reader.cancel();
  }
}

export interface WatchLine {
  type: string;
  object: AnswerBody;
}

/** `ADDED a`, to compare a watch's events at a glance. */
export function briefly({ type, object }: WatchLine): string {
  return `${type} ${object.metadata?.name ?? ''}`;
}

export async function openWatch({ api }: TestApi, path: string): Promise<WatchReader> {
  return new WatchReader(await api.fetch(new Request(`http://kubernetes${path}`)));
}
