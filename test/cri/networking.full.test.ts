import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CriNode, exec, podConfig, runPod, startCri } from './cri.ts';
import { multipleContainers, networking } from './specs/networking.ts';
import { testSpecs } from './specs/spec.ts';

let cri: CriNode;
beforeAll(async () => {
  cri = await startCri();
});
afterAll(() => {
  cri.node.stop();
});

testSpecs([...networking, ...multipleContainers], () => cri);

it('a host port is closed with its pod', async () => {
  const pod = await runPod(
    cri,
    podConfig({ portMappings: [{ containerPort: 80, hostPort: 12_000 }] }),
  );
  expect(await cri.shell('iptables-save | grep -c 12000 || true')).not.toBe('0\n');
  await pod.remove();
  expect(await cri.shell('iptables-save | grep -c 12000 || true')).toBe('0\n');
});

it('containers of two pods reach each other, and those of one share their localhost', async () => {
  const [server, client] = [await runPod(cri), await runPod(cri)];
  const answer = (port: number, words: string) =>
    server.run(`while :; do echo ${words} | nc -l -p ${port}; done`);
  await answer(99, 'hi');
  await answer(98, 'over');
  const ask = (host: string, port: number) =>
    `until nc ${host} ${port} </dev/null; do sleep 1; done`;
  expect(await exec(cri, await server.start(), ask('127.0.0.1', 99))).toBe('hi\n');
  expect(await exec(cri, await client.start(), ask(await server.address(), 98))).toBe('over\n');
  await server.remove();
  await client.remove();
});
