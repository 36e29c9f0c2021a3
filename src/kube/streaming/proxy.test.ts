import { expect, it } from 'vitest';
import { SandglassError } from '#base/errors.ts';
import { duplexPair } from './duplex-pair.ts';
import { proxyUpgrade } from './proxy.ts';
import type { UpgradeHandler, UpgradeRequest } from './upgrade.ts';

const request: UpgradeRequest = {
  method: 'POST',
  url: new URL('http://api/api/v1/namespaces/default/pods/x/exec?command=ls'),
  headers: new Headers({ 'x-stream-protocol-version': 'v4.channel.k8s.io' }),
};
const behind = new URL('http://node/exec/default/x/c?command=ls&output=1');

it('hands the request on under its new address and answers with the connection itself', async () => {
  const [stream] = duplexPair();
  const upgraded = { headers: new Headers({ upgrade: 'SPDY/3.1' }), stream };
  const seen: UpgradeRequest[] = [];
  const target: UpgradeHandler = (handed) => {
    seen.push(handed);
    return Promise.resolve(upgraded);
  };
  expect(await proxyUpgrade(target, request, behind)).toBe(upgraded);
  expect(seen).toEqual([{ ...request, url: behind }]);
});

it('answers with the refusal of the server behind', async () => {
  const refusal = new Response('404 page not found\n', { status: 404 });
  expect(await proxyUpgrade(() => Promise.resolve(refusal), request, behind)).toBe(refusal);
});

it('says in a Status that the server behind does not answer', async () => {
  const down = () => Promise.reject(new SandglassError('unavailable', 'the node is off'));
  const answer = await proxyUpgrade(down, request, behind);
  if (!(answer instanceof Response)) throw new Error('upgraded');
  expect(answer.status).toBe(500);
  expect(await answer.json()).toMatchObject({
    kind: 'Status',
    message: 'Internal error occurred: error dialing backend: the node is off',
  });
});
