import { badRequest, internalError, invalid, statusError } from '#kube/status.ts';
import { field } from '#kube/validation/field-path.ts';
import { invalid as invalidValue, type FieldError } from '#kube/validation/field-error.ts';
import { parseTime } from '#kube/time.ts';
import type { ApiContext } from '#apiserver/rest/context.ts';
import { boolean, integer } from '#apiserver/rest/options.ts';
import { textAnswer } from '#apiserver/rest/answers.ts';
import type { Scope } from '#apiserver/rest/scope.ts';
import { containerOf, kubeletOf, kubeletUrl, podOf } from './kubelet-target.ts';

/** Streams a container's log from its kubelet (upstream: pkg/registry/core/pod/rest/log.go). */
export async function log(context: ApiContext, scope: Scope): Promise<Response> {
  const { query, request } = scope;
  const options = logOptions(query);
  const pod = podOf(scope);
  const container = containerOf(pod, query.get('container') ?? '');
  const server = kubeletOf(context, pod);
  // A pod that is on no node has no log; upstream answers so as well.
  if (!server) return textAnswer(200, '', 'text/plain');
  const { namespace = '', name = '' } = pod.metadata ?? {};
  const path = ['containerLogs', namespace, name, container];
  const url = kubeletUrl(pod.spec?.nodeName ?? '', path, options);
  const response = await server.fetch(new Request(url, { signal: request.signal }));
  if (response.status < 200 || response.status > 206) {
    throw kubeletFailure(response.status, await response.text());
  }
  return new Response(response.body, {
    status: response.status,
    headers: { 'content-type': 'text/plain', 'cache-control': 'no-cache, private' },
  });
}

const flags = ['follow', 'previous', 'timestamps'] as const;

/** The query for the kubelet; throws 422 for what makes no sense (upstream: pkg/apis/core/validation, ValidatePodLogOptions). */
function logOptions(query: URLSearchParams): URLSearchParams {
  const result = new URLSearchParams();
  for (const name of flags) if (boolean(query, name)) result.set(name, 'true');
  const errors: FieldError[] = [];
  const check = (name: string, least: number, why: string) => {
    const value = integer(query, name);
    if (value === undefined) return;
    if (value < least) errors.push(invalidValue(field(name), value, why));
    result.set(name, String(value));
  };
  check('tailLines', 0, 'must be greater than or equal to 0');
  check('limitBytes', 1, 'must be greater than 0');
  const sinceTime = query.get('sinceTime') ?? '';
  if (sinceTime !== '' && query.has('sinceSeconds')) {
    errors.push({
      type: 'FieldValueForbidden',
      field: '',
      body: 'Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified',
    });
  }
  check('sinceSeconds', 1, 'must be greater than 0');
  if (sinceTime !== '') {
    if (parseTime(sinceTime) === undefined) {
      throw badRequest(
        `parsing time "${sinceTime}" as "2006-01-02T15:04:05Z07:00": cannot parse "${sinceTime}"`,
      );
    }
    result.set('sinceTime', sinceTime);
  }
  const stream = query.get('stream');
  if (stream !== null) result.set('stream', stream);
  if (errors.length > 0) throw invalid({ group: '', kind: 'PodLogOptions' }, '', errors);
  return result;
}

/** upstream: apiserver/pkg/registry/generic/rest/response_checker.go, which reads so much of the reason */
const maxReasonLength = 50_000;

function kubeletFailure(code: number, body: string): Error {
  const text = body.slice(0, maxReasonLength);
  if (code === 500) return internalError(text);
  if (code === 400) return badRequest(text);
  return statusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message:
      code === 404
        ? 'the server could not find the requested resource'
        : `the server responded with the status code ${code} but did not return more information`,
    reason: code === 404 ? 'NotFound' : 'Unknown',
    details: { causes: [{ reason: 'UnexpectedServerResponse', message: text }] },
    code,
  });
}
