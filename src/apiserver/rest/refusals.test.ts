import { beforeEach, describe, expect, it } from 'vitest';
import type { ConfigMap } from '#kube/types.ts';
import { startTestApi, testPod, type TestApi } from '#apiserver/testing/test-api.ts';

const pods = '/api/v1/namespaces/default/pods';
const configMaps = '/api/v1/namespaces/default/configmaps';
const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
const merge = { 'content-type': 'application/merge-patch+json' };

function configMap(name: string, data: Record<string, string> = {}): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data };
}

let test: TestApi;
let send: TestApi['send'];

beforeEach(() => {
  test = startTestApi();
  send = test.send;
});

describe('refusals', () => {
  interface Refusal {
    what: string;
    request: Parameters<TestApi['send']>;
    code: number;
    reason?: string;
    message: string | RegExp;
  }

  it.each<Refusal>([
    {
      what: 'an object that is not there',
      request: ['GET', `${pods}/none`],
      code: 404,
      reason: 'NotFound',
      message: 'pods "none" not found',
    },
    {
      what: 'an object of a group that is not there',
      request: ['GET', `${leases}/none`],
      code: 404,
      reason: 'NotFound',
      message: 'leases.coordination.k8s.io "none" not found',
    },
    {
      what: 'a resource that is not served',
      request: ['GET', '/api/v1/namespaces/default/services'],
      code: 404,
      reason: 'NotFound',
      message: 'the server could not find the requested resource',
    },
    {
      what: 'eviction',
      request: ['POST', `${pods}/a/eviction`, {}],
      code: 404,
      reason: 'NotFound',
      message: 'the server could not find the requested resource',
    },
    {
      what: 'a method that the collection does not take',
      request: ['DELETE', '/api/v1/namespaces'],
      code: 405,
      reason: 'MethodNotAllowed',
      message: 'the server does not allow this method on the requested resource',
    },
    {
      what: 'creating in all namespaces',
      request: ['POST', '/api/v1/pods', testPod('a')],
      code: 405,
      reason: 'MethodNotAllowed',
      message: 'the server does not allow this method on the requested resource',
    },
    {
      what: 'a namespace that is not there',
      request: ['POST', '/api/v1/namespaces/none/pods', testPod('a', {}, 'none')],
      code: 404,
      reason: 'NotFound',
      message: 'namespaces "none" not found',
    },
    {
      what: 'another namespace than the path',
      request: ['POST', pods, testPod('a', {}, 'kube-system')],
      code: 400,
      reason: 'BadRequest',
      message:
        'the namespace of the provided object does not match the namespace sent on the request',
    },
    {
      what: 'another name than the path',
      request: ['PUT', `${configMaps}/a`, configMap('b')],
      code: 400,
      reason: 'BadRequest',
      message: 'the name of the object (b) does not match the name on the URL (a)',
    },
    {
      what: 'another kind',
      request: ['POST', pods, configMap('a')],
      code: 400,
      reason: 'BadRequest',
      message: /^ConfigMap in version "v1" cannot be handled as a Pod/,
    },
    {
      what: 'what is no JSON',
      request: ['POST', pods, '{"kind":'],
      code: 400,
      reason: 'BadRequest',
      message: /^the object provided is unrecognized \(must be of type Pod\)/,
    },
    {
      what: 'CBOR that comes in',
      request: ['POST', pods, 'x', { 'content-type': 'application/cbor' }],
      code: 415,
      reason: 'UnsupportedMediaType',
      message:
        'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    },
    {
      what: 'protobuf that is none',
      request: ['POST', pods, 'x', { 'content-type': 'application/vnd.kubernetes.protobuf' }],
      code: 400,
      reason: 'BadRequest',
      message:
        'the object provided is unrecognized (must be of type Pod): provided data does not appear to be a protobuf message, expected prefix [107 56 115 0] (78)',
    },
    {
      what: 'CBOR that should come out',
      request: ['GET', pods, undefined, { accept: 'application/cbor' }],
      code: 406,
      reason: 'NotAcceptable',
      message:
        'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    },
    {
      what: 'server-side apply',
      request: [
        'PATCH',
        `${pods}/a?fieldManager=me`,
        '{}',
        { 'content-type': 'application/apply-patch+yaml' },
      ],
      code: 415,
      reason: 'UnsupportedMediaType',
      message:
        'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json',
    },
    {
      what: 'a patch of nothing',
      request: ['PATCH', `${pods}/none`, {}, merge],
      code: 404,
      reason: 'NotFound',
      message: 'pods "none" not found',
    },
    {
      what: 'a label selector that is none',
      request: ['GET', `${pods}?labelSelector=a in (`],
      code: 400,
      reason: 'BadRequest',
      message: /unable to parse requirement/,
    },
    {
      what: 'a field of pods that cannot be selected',
      request: ['GET', `${pods}?fieldSelector=spec.color=red`],
      code: 400,
      reason: 'BadRequest',
      message: 'field label not supported: spec.color',
    },
    {
      what: 'a field of config maps that cannot be selected',
      request: ['GET', `${configMaps}?fieldSelector=data=x`],
      code: 400,
      reason: 'BadRequest',
      message: '"data" is not a known field selector: only "metadata.name", "metadata.namespace"',
    },
    {
      what: 'a limit that is no number',
      request: ['GET', `${pods}?limit=many`],
      code: 400,
      reason: 'BadRequest',
      message: 'strconv.ParseInt: parsing "many": invalid syntax',
    },
    {
      what: 'a dry run of an unknown kind',
      request: ['POST', `${pods}?dryRun=Some`, testPod('a')],
      code: 422,
      reason: 'Invalid',
      message:
        'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported values: "All"',
    },
    {
      what: 'a field validation of an unknown kind',
      request: ['POST', `${pods}?fieldValidation=Soft`, testPod('a')],
      code: 422,
      reason: 'Invalid',
      message:
        'CreateOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported value: "Soft": supported values: "", "Ignore", "Strict", "Warn"',
    },
    {
      what: 'force with an ordinary patch',
      request: ['PATCH', `${pods}/a?force=true`, {}, merge],
      code: 422,
      reason: 'Invalid',
      message:
        'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
    },
    {
      what: 'a match without a resource version',
      request: ['GET', `${pods}?resourceVersionMatch=Exact`],
      code: 422,
      reason: 'Invalid',
      message:
        'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
    },
    {
      what: 'a resource version that is none',
      request: ['GET', `${pods}?resourceVersion=new`],
      code: 400,
      reason: 'BadRequest',
      message:
        'invalid resource version: resourceVersion: Invalid value: "new": strconv.ParseUint: parsing "new": invalid syntax',
    },
    {
      what: 'a resource version from the future',
      request: ['GET', `${pods}?resourceVersion=1000`],
      code: 504,
      reason: 'Timeout',
      message: 'Timeout: Too large resource version: 1000, current: 5',
    },
    {
      what: 'a continue token that is none',
      request: ['GET', `${pods}?continue=x`],
      code: 400,
      reason: 'BadRequest',
      message: /^invalid continue token: continue key is not valid/,
    },
    {
      what: 'a resource version on what is new',
      request: [
        'POST',
        configMaps,
        { ...configMap('a'), metadata: { name: 'a', resourceVersion: '5' } },
      ],
      code: 500,
      message: 'resourceVersion should not be set on objects to be created',
    },
    {
      what: 'a propagation policy of an unknown kind',
      request: ['DELETE', `${pods}/a`, { propagationPolicy: 'Sideways' }],
      code: 422,
      reason: 'Invalid',
      message:
        'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Sideways": supported values: "Foreground", "Background", "Orphan", "nil"',
    },
    {
      what: 'exec without an upgrade',
      request: ['GET', `${pods}/a/exec?command=ls`],
      code: 400,
      reason: 'BadRequest',
      message: 'Upgrade request required',
    },
    {
      what: 'a table without such rows',
      request: [
        'GET',
        `${pods}?includeObject=Half`,
        undefined,
        { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' },
      ],
      code: 400,
      reason: 'BadRequest',
      message: /^Unable to convert to Table as requested/,
    },
    {
      what: 'deleting a namespace that must stay',
      request: ['DELETE', '/api/v1/namespaces/default'],
      code: 403,
      reason: 'Forbidden',
      message: 'namespaces "default" is forbidden: this namespace may not be deleted',
    },
  ])('of $what', async ({ request, code, reason, message }) => {
    const before = test.api.store.snapshot();
    const answer = await send(...request);
    expect(answer.body.message).toEqual(
      typeof message === 'string' ? message : expect.stringMatching(message),
    );
    expect([answer.code, answer.body.code]).toEqual([code, code]);
    expect(answer.body).toMatchObject({ kind: 'Status', apiVersion: 'v1' });
    expect(answer.body.reason).toBe(reason);
    expect(test.api.store.snapshot()).toEqual(before);
  });

  it('answers in plain text where no API is', async () => {
    const answer = await send('GET', '/nowhere');
    expect([answer.code, answer.text]).toEqual([404, '404 page not found\n']);
  });

  it('refuses a body that is too large', async () => {
    const answer = await send('POST', configMaps, configMap('a', { a: 'x'.repeat(3_200_000) }));
    expect(answer.code).toBe(413);
    expect(answer.body.message).toBe('Request entity too large: limit is 3145728');
  });
});
