import type { HTTPGetAction } from '#kube/types.ts';

/** What an HTTPGetAction asks for (pkg/probe/http/request.go). */
export function hostOf({ host }: HTTPGetAction, podIP: string): string {
  return host === undefined || host === '' ? podIP : host;
}

export function pathOf({ path = '/' }: HTTPGetAction): string {
  return path.startsWith('/') ? path : `/${path}`;
}

/** The action's own headers win over what a probe sends by itself; an empty one leaves it out. */
export function requestHeaders(
  { httpHeaders = [] }: HTTPGetAction,
  { host, port }: { host: string; port: number },
  userAgent: string,
): [string, string][] {
  const given = new Set(httpHeaders.map(({ name }) => name.toLowerCase()));
  const usual: [string, string][] = [
    ['Host', `${host}:${port}`],
    ['User-Agent', userAgent],
    ['Accept', '*/*'],
  ];
  return [
    ...usual.filter(([name]) => !given.has(name.toLowerCase())),
    ...httpHeaders
      .filter(({ value }) => value !== '')
      .map(({ name, value }): [string, string] => [name, value]),
  ];
}
