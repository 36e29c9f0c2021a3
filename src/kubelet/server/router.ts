/** A request's way through the kubelet's server. */
export interface Route {
  /** Without the query, split at slashes. */
  path: readonly string[];
  query: URLSearchParams;
}

export function routeOf(url: URL): Route {
  const path = url.pathname
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent);
  return { path, query: url.searchParams };
}

export interface ContainerPath {
  namespace: string;
  pod: string;
  uid: string | undefined;
  container: string;
}

/** namespace/pod[/uid]/container (pkg/kubelet/server/server.go, getExecRequestParams). */
export function containerPath(parts: readonly string[]): ContainerPath | undefined {
  const [namespace, pod, third, fourth] = parts;
  if (namespace === undefined || pod === undefined || third === undefined || parts.length > 4)
    return undefined;
  return {
    namespace,
    pod,
    uid: fourth === undefined ? undefined : third,
    container: fourth ?? third,
  };
}

/** As the query of exec and attach says 1 or true. */
export function isSet(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value === '1' || value === 'true';
}

export function plainText(status: number, text: string): Response {
  return new Response(text, { status, headers: { 'content-type': 'text/plain; charset=utf-8' } });
}
