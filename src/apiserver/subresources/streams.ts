import { badRequest } from '#kube/status.ts';
import type { Pod } from '#kube/types.ts';
import type { Upgraded, UpgradeRequest } from '#kube/streaming/upgrade.ts';
import type { ApiContext } from '#apiserver/rest/context.ts';
import { boolean } from '#apiserver/rest/options.ts';
import type { Scope } from '#apiserver/rest/scope.ts';
import { containerOf, kubeletOf, kubeletUrl, podOf } from './kubelet-target.ts';

/** Of a plain request to what only speaks a changed protocol (upstream: apimachinery/pkg/util/proxy). */
export function upgradeRequired(): Error {
  return badRequest('Upgrade request required');
}

export const streamSubresources = ['exec', 'attach', 'portforward'] as const;

export type StreamSubresource = (typeof streamSubresources)[number];

/** Hands exec, attach or port-forward on to the pod's kubelet (upstream: pkg/registry/core/pod/rest/subresources.go). */
export async function stream(
  context: ApiContext,
  scope: Pick<Scope, 'served' | 'path' | 'query'>,
  subresource: StreamSubresource,
  request: UpgradeRequest,
): Promise<Upgraded | Response> {
  const pod = podOf(scope);
  const { namespace = '', name = '' } = pod.metadata ?? {};
  const target =
    subresource === 'portforward'
      ? { parts: ['portForward', namespace, name], query: portQuery(scope.query) }
      : {
          parts: [
            subresource,
            namespace,
            name,
            containerOf(pod, scope.query.get('container') ?? ''),
          ],
          query: streamQuery(scope.query),
        };
  const server = kubeletOf(context, pod);
  if (!server) throw badRequest(`pod ${name} does not have a host assigned`);
  const url = kubeletUrl(nodeNameOf(pod), target.parts, target.query);
  return server.upgrade({ ...request, url });
}

function nodeNameOf(pod: Pod): string {
  return pod.spec?.nodeName ?? '';
}

/** What the API calls a stream, and what the kubelet does (upstream: pkg/apis/core/types.go, ExecStdinParam …). */
const kubeletNames = { stdin: 'input', stdout: 'output', stderr: 'error', tty: 'tty' } as const;

function streamQuery(query: URLSearchParams): URLSearchParams {
  const result = new URLSearchParams();
  for (const [name, kubeletName] of Object.entries(kubeletNames)) {
    if (boolean(query, name)) result.set(kubeletName, '1');
  }
  for (const word of query.getAll('command')) result.append('command', word);
  return result;
}

function portQuery(query: URLSearchParams): URLSearchParams {
  const result = new URLSearchParams();
  for (const ports of query.getAll('ports')) {
    for (const port of ports.split(',')) result.append('port', port);
  }
  return result;
}
