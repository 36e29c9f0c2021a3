import { answer, textAnswer } from '#apiserver/rest/answers.ts';
import {
  documentTypes,
  matchesType,
  negotiateOutput,
  parseAccept,
  type Output,
} from '#apiserver/rest/media-types.ts';
import { methodNotAllowed } from '#apiserver/rest/method-not-allowed.ts';
import {
  aggregatedDiscovery,
  apiGroup,
  apiGroupList,
  apiResourceList,
  apiVersions,
} from './discovery.ts';
import { serverVersion } from './version.ts';

/** Paths that describe the server; `undefined` for those it does not know. */
export function discover(request: Request, url: URL): Response | undefined {
  const parts = url.pathname.split('/').filter((part) => part !== '');
  const document = documentAt(parts, request);
  if (!document) return undefined;
  if (request.method !== 'GET' && request.method !== 'HEAD') throw methodNotAllowed();
  if (document instanceof Response) return document;
  const output = { ...plainly(request, url), conversion: undefined };
  return answer(200, document, output);
}

function plainly(request: Request, url: URL): Output {
  const aggregated = /\bas=APIGroupDiscoveryList\b/;
  const accept = (request.headers.get('accept') ?? '')
    .split(',')
    .filter((range) => !aggregated.test(range))
    .join(',');
  const headers = new Headers(request.headers);
  headers.set('accept', accept);
  return negotiateOutput(headers, url.searchParams, documentTypes);
}

function documentAt(parts: readonly string[], request: Request): object | Response | undefined {
  const [first, second, third, ...more] = parts;
  if (more.length > 0) return undefined;
  if (first === 'version' && second === undefined) return serverVersion;
  if (first === 'healthz' || first === 'livez' || first === 'readyz') {
    return second === undefined ? health(first, request) : undefined;
  }
  if (first === 'api') {
    if (second === undefined) return aggregated('api', request) ?? apiVersions();
    return third === undefined ? apiResourceList({ group: '', version: second }) : undefined;
  }
  if (first !== 'apis') return undefined;
  if (second === undefined) return aggregated('apis', request) ?? apiGroupList();
  if (third === undefined) return apiGroup(second);
  return apiResourceList({ group: second, version: third });
}

function aggregated(root: 'api' | 'apis', request: Request): Response | undefined {
  for (const range of parseAccept(request.headers.get('accept') ?? '')) {
    const { parameters } = range;
    const version = parameters.get('v');
    const isAggregated =
      matchesType(range, 'application/json') &&
      parameters.get('as') === 'APIGroupDiscoveryList' &&
      parameters.get('g') === 'apidiscovery.k8s.io';
    if (isAggregated && (version === 'v2' || version === 'v2beta1')) {
      const type = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
      return textAnswer(200, JSON.stringify(aggregatedDiscovery(root, version)), type);
    }
    // A plain document that the client would rather have.
    if (parameters.get('as') === undefined && matchesType(range, 'application/json'))
      return undefined;
  }
  return undefined;
}

function health(name: string, request: Request): Response {
  const isVerbose = new URL(request.url).searchParams.has('verbose');
  return textAnswer(200, isVerbose ? `[+]ping ok\n${name} check passed\n` : 'ok');
}
