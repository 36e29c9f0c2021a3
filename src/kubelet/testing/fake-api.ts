import { KubeClient } from '#kube/client/client.ts';
import { allResources, apiVersionOf, type Resource } from '#kube/resources.ts';
import { alreadyExists, notFound, statusOf } from '#kube/status.ts';
import type { KubeObject, Pod } from '#kube/types.ts';

interface Watcher {
  resource: Resource;
  fieldSelector: string | undefined;
  send(type: string, object: KubeObject): void;
}

/** As much of the API as the kubelet needs, in memory: what is written to it can be looked at. */
export class FakeApi {
  readonly client = new KubeClient({
    fetch: (request) => this.#fetch(request),
    userAgent: 'kubelet',
  });
  readonly requests: string[] = [];
  readonly #objects = new Map<string, KubeObject>();
  readonly #watchers = new Set<Watcher>();
  #version = 100;
  #uid = 0;
  /** Rejects writes for which it returns an error. */
  refuse: (method: string, path: string) => Error | undefined = () => undefined;

  put<T extends KubeObject>(resource: Resource<T>, object: T): T {
    const { namespace, name = '' } = object.metadata ?? {};
    const key = keyOf(resource, namespace, name);
    const type = this.#objects.has(key) ? 'MODIFIED' : 'ADDED';
    const stored = {
      ...object,
      apiVersion: apiVersionOf(resource),
      kind: resource.kind,
      metadata: {
        ...object.metadata,
        uid: object.metadata?.uid ?? `uid-${++this.#uid}`,
        resourceVersion: String(++this.#version),
      },
    } as T;
    this.#objects.set(key, stored);
    this.#tell(type, resource, stored);
    return structuredClone(stored);
  }

  get<T extends KubeObject>(
    resource: Resource<T>,
    name: string,
    namespace?: string,
  ): T | undefined {
    return structuredClone(this.#objects.get(keyOf(resource, namespace, name))) as T | undefined;
  }

  list<T extends KubeObject>(resource: Resource<T>): T[] {
    return [...this.#objects]
      .filter(([key]) => key.startsWith(`${resource.resource}/`))
      .map(([, object]) => structuredClone(object) as T);
  }

  remove(resource: Resource, name: string, namespace?: string): void {
    const key = keyOf(resource, namespace, name);
    const object = this.#objects.get(key);
    if (!object) return;
    this.#objects.delete(key);
    this.#tell('DELETED', resource, {
      ...object,
      metadata: { ...object.metadata, resourceVersion: String(++this.#version) },
    });
  }

  /** As the API server does with a pod that runs: it is marked, and the kubelet removes it. */
  deletePod(pod: Resource<Pod>, name: string, namespace: string, graceSeconds = 30): void {
    const object = this.get(pod, name, namespace);
    if (!object) return;
    const deletionTimestamp = '2026-01-01T00:00:30Z';
    this.put(pod, {
      ...object,
      metadata: { ...object.metadata, deletionTimestamp, deletionGracePeriodSeconds: graceSeconds },
    });
  }

  async #fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    this.requests.push(`${request.method} ${url.pathname}`);
    try {
      const refused = this.refuse(request.method, url.pathname);
      if (refused) throw refused;
      return await this.#answer(request, url);
    } catch (error) {
      const status = statusOf(error);
      return Response.json(status, { status: status.code ?? 500 });
    }
  }

  async #answer(request: Request, url: URL): Promise<Response> {
    const { resource, namespace, name } = resolve(url.pathname);
    if (name === undefined) {
      if (request.method === 'POST')
        return Response.json(this.#create(resource, (await request.json()) as KubeObject));
      if (url.searchParams.get('watch') === 'true')
        return this.#watch(resource, url, request.signal);
      const items = this.list(resource).filter((object) =>
        matches(object, url.searchParams.get('fieldSelector')),
      );
      return Response.json({ metadata: { resourceVersion: String(this.#version) }, items });
    }
    const current = this.get(resource, name, namespace);
    if (!current) throw notFound(resource, name);
    switch (request.method) {
      case 'PATCH':
        return Response.json(
          this.put(resource, merge(current, await request.json()) as KubeObject),
        );
      case 'PUT':
        return Response.json(this.put(resource, (await request.json()) as KubeObject));
      case 'DELETE':
        this.remove(resource, name, namespace);
        return Response.json({ status: 'Success' });
      default:
        return Response.json(current);
    }
  }

  #create(resource: Resource, object: KubeObject): KubeObject {
    const { namespace, name = '' } = object.metadata ?? {};
    if (this.get(resource, name, namespace)) throw alreadyExists(resource, name);
    return this.put(resource, object);
  }

  #watch(resource: Resource, url: URL, signal: AbortSignal): Response {
    const encoder = new TextEncoder();
    let end = (): void => undefined;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        const watcher: Watcher = {
          resource,
          fieldSelector: url.searchParams.get('fieldSelector') ?? undefined,
          send: (type, object) =>
            controller.enqueue(encoder.encode(`${JSON.stringify({ type, object })}\n`)),
        };
        this.#watchers.add(watcher);
        end = () => this.#watchers.delete(watcher);
        signal.addEventListener('abort', end);
      },
      // Whether the signal of a request or the end of its body comes first is not certain.
      cancel: () => {
        end();
      },
    });
    return new Response(body);
  }

  #tell(type: string, resource: Resource, object: KubeObject): void {
    for (const watcher of this.#watchers) {
      if (watcher.resource !== resource || !matches(object, watcher.fieldSelector)) continue;
      watcher.send(type, object);
    }
  }
}

function keyOf(resource: Resource, namespace: string | undefined, name: string): string {
  return `${resource.resource}/${namespace ?? ''}/${name}`;
}

function matches(object: KubeObject, fieldSelector: string | null | undefined): boolean {
  const nodeName = /^spec\.nodeName=(.*)$/.exec(fieldSelector ?? '')?.[1];
  return nodeName === undefined || (object as Pod).spec?.nodeName === nodeName;
}

/** /api/v1 or /apis/GROUP/VERSION, then perhaps namespaces/NAMESPACE, then the resource and perhaps a name. */
function resolve(path: string) {
  const parts = path.split('/').slice(1);
  const [group, version] = parts[0] === 'api' ? ['', parts[1]] : [parts[1], parts[2]];
  let at = parts[0] === 'api' ? 2 : 3;
  const namespace = parts[at] === 'namespaces' && parts.length > at + 2 ? parts[at + 1] : undefined;
  if (namespace !== undefined) at += 2;
  const resource = allResources.find(
    (candidate) =>
      candidate.resource === parts[at] &&
      candidate.group === group &&
      candidate.version === version,
  );
  if (!resource) throw new Error(`The fake API does not serve ${path}.`);
  return { resource, namespace, name: parts[at + 1] };
}

/** A strategic merge patch of what the kubelet patches: lists of conditions and addresses by their keys. */
function merge(current: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> = { ...(current as Record<string, unknown>) };
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith('$setElementOrder')) continue;
    if (value === null) Reflect.deleteProperty(result, key);
    else if (key === 'conditions')
      result[key] = mergeByType(result[key], value as { type: string }[]);
    else if (Array.isArray(value)) result[key] = value.filter((item) => !isDirective(item));
    else result[key] = merge(result[key], value);
  }
  return result;
}

function isDirective(item: unknown): boolean {
  return typeof item === 'object' && item !== null && '$patch' in item;
}

function mergeByType(current: unknown, patches: readonly { type: string }[]): unknown {
  const list = [...((current as { type: string }[] | undefined) ?? [])];
  for (const patch of patches) {
    const at = list.findIndex(({ type }) => type === patch.type);
    if (at >= 0) list[at] = merge(list[at], patch) as { type: string };
    else list.push(patch);
  }
  return list;
}
