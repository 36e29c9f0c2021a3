import type { Clock } from '#base/clock.ts';
import type { TraceBus } from '#base/trace.ts';
import { Emitter } from '#base/emitter.ts';
import { OpenApiHandler } from '#kube/openapi/handler.ts';
import { resources } from '#kube/resources.ts';
import { unknownPath } from '#kube/status.ts';
import type { FetchHandler, UpgradeHandler } from '#kube/streaming/upgrade.ts';
import { Admission } from './admission/admission.ts';
import { discover } from './discovery/discovery-handler.ts';
import { serveMetrics } from './metrics/metrics.ts';
import { NamespaceController } from './namespaces/namespace-controller.ts';
import type { KubeletConnector } from './ports.ts';
import { EventExpiry } from './registry/event-expiry.ts';
import { servedResources } from './registry/served.ts';
import { answerFailure, plainOutput, textAnswer } from './rest/answers.ts';
import type { ApiContext } from './rest/context.ts';
import { documentTypes, negotiateOutput, objectTypes, type Output } from './rest/media-types.ts';
import { parseResourcePath, type ResourcePath } from './rest/request-path.ts';
import { checkVerb, serveResource, verbOf } from './rest/serve-resource.ts';
import type { Scope } from './rest/scope.ts';
import { Store } from './storage/store.ts';
import { stream, streamSubresources } from './subresources/streams.ts';

export interface ApiServerOptions {
  /** The cluster's. */
  clock: Clock;
  trace: TraceBus;
  kubelet: KubeletConnector;
  /** An earlier server's, which has been closed; an empty one otherwise. */
  store?: Store;
}

export interface ApiServer {
  fetch: FetchHandler;
  /** For exec, attach and port-forward. */
  upgrade: UpgradeHandler;
  /** Everything that it knows, for another life of it. */
  readonly store: Store;
  /** Forgets the changes so far: watches from before are told 410. */
  compact: () => void;
  /** Ends the watches and all work of its own. */
  close: () => void;
}

export function createApiServer(options: ApiServerOptions): ApiServer {
  const { clock, trace, kubelet, store = new Store() } = options;
  const served = servedResources(store, clock);
  const admission = new Admission((resource, name) => {
    const collection = served.get(resource)?.collection;
    return collection === undefined ? undefined : store.get(collection, name);
  });
  const closing = new Emitter<undefined>();
  const context: ApiContext = {
    store,
    clock,
    trace,
    admission,
    kubelet,
    served,
    closing,
  };
  new NamespaceController(context).createInitial();
  new EventExpiry(store, clock, resources.events.resource, closing);
  return {
    fetch: (request) => serve(context, request),
    upgrade: (request) => upgrade(context, request),
    store,
    compact: () => store.compact(store.revision),
    close: () => {
      closing.emit(undefined);
      closing.clear();
    },
  };
}

/** Its documents are the same for every server. */
const openApi = new OpenApiHandler();

async function serve(context: ApiContext, request: Request): Promise<Response> {
  const url = new URL(request.url);
  let output: Output = plainOutput;
  const warnings: string[] = [];
  try {
    if (/^\/openapi\/v[23](\/|$)/.test(url.pathname)) return await openApi.fetch(request);
    const described = discover(request, url);
    if (described) return described;
    const path = parseResourcePath(url.pathname);
    if (!path) return notServed(url.pathname);
    const query = url.searchParams;
    const verb = verbOf(request, path, query);
    checkVerb(verb, path);
    const isMetrics = path.resource.group === resources.nodeMetrics.group;
    const offered = isMetrics ? documentTypes : objectTypes;
    output = negotiateOutput(request.headers, query, offered);
    if (isMetrics) {
      return await serveMetrics(context, { request, url, query, path, output });
    }
    const target = storedTarget(path);
    const served = context.served.get(target.resource);
    if (!served) throw unknownPath();
    const { resource } = target;
    const scope: Scope = { request, url, query, path: target, resource, served, output, warnings };
    return await serveResource(context, scope, verb);
  } catch (thrown) {
    return answerFailure(thrown, output, warnings);
  }
}

/** A Binding of its own stands for one of the pod that it names. */
function storedTarget(path: ResourcePath): ResourcePath {
  if (path.resource !== resources.bindings) return path;
  return { ...path, resource: resources.pods, subresource: 'binding' };
}

/** Within a version that is served upstream answers with a Status, elsewhere in plain text. */
function notServed(pathname: string): Response {
  const isInVersion = /^\/(api\/v1|apis\/[^/]+\/[^/]+)\//.test(pathname);
  return isInVersion
    ? answerFailure(unknownPath(), plainOutput, [])
    : textAnswer(404, '404 page not found\n');
}

async function upgrade(
  context: ApiContext,
  request: Parameters<UpgradeHandler>[0],
): ReturnType<UpgradeHandler> {
  try {
    const path = parseResourcePath(request.url.pathname);
    const subresource = streamSubresources.find((one) => one === path?.subresource);
    const served = path && context.served.get(path.resource);
    if (!path || !subresource || !served) throw unknownPath();
    const query = request.url.searchParams;
    return await stream(context, { served, path, query }, subresource, request);
  } catch (thrown) {
    return answerFailure(thrown, plainOutput, []);
  }
}
