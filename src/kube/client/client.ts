import type { Clock } from '#base/clock.ts';
import { withDeadline } from '#base/deadline.ts';
import { SandglassError } from '#base/errors.ts';
import { apiVersionOf, resourcePath, resources, type Resource } from '#kube/resources.ts';
import { statusError } from '#kube/status.ts';
import { namedBy } from '#kube/user-agent.ts';
import type { FetchHandler } from '#kube/streaming/upgrade.ts';
import type { KubeList, KubeObject, Status, WatchEventType } from '#kube/types.ts';
import { jsonLines } from './json-lines.ts';
import {
  type ObjectKey,
  type RequestOptions,
  type ListOptions,
  type WatchOptions,
  type WriteOptions,
  type DeleteOptions,
  patchTypes,
  type PatchOptions,
  type WatchEvent,
} from './options.ts';
import { failureOf } from './response.ts';

export interface KubeClientSettings {
  fetch: FetchHandler;
  /** Who writes, as the trace and the server name it. */
  userAgent: string;
  /** What an answer may take, but for watches and raw requests; without it they are waited for. */
  deadline?: { clock: Clock; milliseconds: number };
}

/** A client of the API for everyone in this repository, over whatever answers requests. */
export class KubeClient {
  readonly #fetch: FetchHandler;
  readonly #userAgent: string;
  readonly #deadline: KubeClientSettings['deadline'];

  constructor({ fetch, userAgent, deadline }: KubeClientSettings) {
    this.#fetch = fetch;
    this.#userAgent = userAgent;
    this.#deadline = deadline;
  }

  async get<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    options: RequestOptions = {},
  ): Promise<T> {
    return this.#json<T>(resourcePath(resource, key), {}, { signal: options.signal });
  }

  async list<T extends KubeObject>(
    resource: Resource<T>,
    options: ListOptions = {},
  ): Promise<KubeList<T>> {
    const { signal, namespace, ...query } = options;
    const list = await this.#json<KubeList<T>>(resourcePath(resource, { namespace }), query, {
      signal,
    });
    // A server may write an empty list's items as null, as Go does.
    return { ...list, items: nullable(list.items) ?? [] };
  }

  /** Every page of the list, `pageSize` objects at a time. */
  async listAll<T extends KubeObject>(
    resource: Resource<T>,
    options: ListOptions = {},
    pageSize = 500,
  ): Promise<KubeList<T>> {
    const first = await this.list(resource, { ...options, limit: pageSize });
    const items = [...first.items];
    for (let next = first.metadata?.continue; next;) {
      const { labelSelector, fieldSelector, namespace, signal } = options;
      const page = await this.list(resource, {
        labelSelector,
        fieldSelector,
        namespace,
        signal,
        limit: pageSize,
        continue: next,
      });
      items.push(...page.items);
      next = page.metadata?.continue;
    }
    const resourceVersion = first.metadata?.resourceVersion;
    return { ...first, metadata: resourceVersion === undefined ? {} : { resourceVersion }, items };
  }

  create<T extends KubeObject>(
    resource: Resource<T>,
    object: T,
    options: WriteOptions = {},
  ): Promise<T> {
    const path = resourcePath(resource, { namespace: object.metadata?.namespace });
    return this.#write<T>('POST', path, withKind(resource, object), options);
  }

  async update<T extends KubeObject>(
    resource: Resource<T>,
    object: T,
    options: WriteOptions = {},
  ): Promise<T> {
    const path = resourcePath(resource, keyOf(object));
    return this.#write<T>('PUT', path, withKind(resource, object), options);
  }

  async updateStatus<T extends KubeObject>(
    resource: Resource<T>,
    object: T,
    options: WriteOptions = {},
  ): Promise<T> {
    const path = resourcePath(resource, { ...keyOf(object), subresource: 'status' });
    return this.#write<T>('PUT', path, withKind(resource, object), options);
  }

  patch<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    patch: unknown,
    options: PatchOptions = {},
  ): Promise<T> {
    const { type = 'strategic', subresource, signal, ...query } = options;
    return this.#json<T>(resourcePath(resource, { ...key, subresource }), query, {
      method: 'PATCH',
      body: JSON.stringify(patch),
      contentType: patchTypes[type],
      signal,
    });
  }

  /** Answers with the object where it only begins to end, such as a pod with a grace period. */
  delete<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    options: DeleteOptions = {},
  ): Promise<T | Status> {
    return this.#delete(resourcePath(resource, key), {}, options);
  }

  deleteCollection<T extends KubeObject>(
    resource: Resource<T>,
    { namespace, labelSelector, fieldSelector }: ListOptions,
    options: DeleteOptions = {},
  ): Promise<KubeList<T> | Status> {
    const path = resourcePath(resource, { namespace });
    return this.#delete(path, { labelSelector, fieldSelector }, options);
  }

  /** Puts a pod on a node. */
  async bind(pod: ObjectKey, nodeName: string, options: RequestOptions = {}): Promise<void> {
    const { name, namespace } = pod;
    await this.#json(
      resourcePath(resources.pods, { ...pod, subresource: 'binding' }),
      {},
      {
        method: 'POST',
        body: JSON.stringify({
          apiVersion: 'v1',
          kind: 'Binding',
          metadata: { name, namespace },
          target: { apiVersion: 'v1', kind: 'Node', name: nodeName },
        }),
        signal: options.signal,
      },
    );
  }

  /** Events until the server ends the watch (which is no error) or the signal fires; an ERROR event is thrown. */
  async *watch<T extends KubeObject>(
    resource: Resource<T>,
    options: WatchOptions = {},
  ): AsyncGenerator<WatchEvent<T>, void, undefined> {
    const { signal, namespace, ...query } = options;
    const path = resourcePath(resource, { namespace });
    const response = await this.request(path, { query: { watch: true, ...query }, signal });
    if (!response.ok) throw await failureOf(response);
    for await (const line of jsonLines(response, signal)) {
      const event = line as { type: WatchEventType; object: unknown };
      if (event.type === 'ERROR') throw statusError(event.object as Status);
      yield { type: event.type, object: event.object as T };
    }
  }

  /** Any request to the server, its answer unread: discovery, logs, tables. */
  request(path: string, init: RawRequest = {}): Promise<Response> {
    const url = new URL(path, 'http://kubernetes');
    for (const [name, value] of Object.entries(init.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const headers = new Headers({ accept: 'application/json', ...namedBy(this.#userAgent) });
    if (init.body !== undefined) {
      headers.set('content-type', init.contentType ?? 'application/json');
    }
    for (const [name, value] of Object.entries(init.headers ?? {})) headers.set(name, value);
    const { method = 'GET', body, signal } = init;
    return this.#fetch(
      new Request(url, {
        method,
        headers,
        ...(body === undefined ? {} : { body }),
        ...(signal === undefined ? {} : { signal }),
      }),
    );
  }

  #write<T>(method: string, path: string, object: T, options: WriteOptions): Promise<T> {
    const { signal, ...query } = options;
    return this.#json<T>(path, query, { method, body: JSON.stringify(object), signal });
  }

  #delete<T>(path: string, query: Query, options: DeleteOptions): Promise<T> {
    const { signal, dryRun, ...rest } = options;
    const body = JSON.stringify({
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      ...rest,
      ...(dryRun === undefined ? {} : { dryRun: [dryRun] }),
    });
    return this.#json<T>(path, query, { method: 'DELETE', body, signal });
  }

  async #json<T>(path: string, query: Query, init: RawRequest): Promise<T> {
    if (!this.#deadline) return this.#answer(path, query, init);
    const { clock, milliseconds } = this.#deadline;
    const { method = 'GET', signal } = init;
    const late = `${method} ${path}: the API server did not answer within ${milliseconds / 1000} s.`;
    const over = new AbortController();
    const limited = signal ? AbortSignal.any([signal, over.signal]) : over.signal;
    const answer = this.#answer<T>(path, query, { ...init, signal: limited });
    try {
      return await withDeadline(answer, clock, milliseconds, late, signal);
    } finally {
      over.abort();
    }
  }

  async #answer<T>(path: string, query: Query, init: RawRequest): Promise<T> {
    const response = await this.request(path, { ...init, query });
    if (!response.ok) throw await failureOf(response);
    return (await response.json()) as T;
  }
}

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export interface RawRequest {
  method?: string;
  query?: Query;
  headers?: Readonly<Record<string, string>>;
  body?: string | Uint8Array<ArrayBuffer>;
  /** `application/json` if absent. */
  contentType?: string;
  signal?: AbortSignal | undefined;
}

function nullable<T>(value: T): T | null {
  return value;
}

export function keyOf(object: KubeObject): ObjectKey {
  const { name, namespace } = object.metadata ?? {};
  if (name === undefined) {
    throw new SandglassError('invalid-argument', 'resource name may not be empty');
  }
  return { name, namespace };
}

function withKind<T extends KubeObject>(resource: Resource<T>, object: T): T {
  return { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind };
}
