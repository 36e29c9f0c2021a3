import { createRouterTransport } from '@connectrpc/connect';
import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { SandglassError } from '#base/errors.ts';
import { TraceBus } from '#base/trace.ts';
import { createCri } from '#cri/cri.ts';
import type { ImageStore } from '#cri/ports.ts';
import type { StreamProtocols } from '#cri/streaming/ports.ts';
import { FakeNode } from '#cri/testing/fake-node.ts';
import type { ProcessSpec } from '#guest/process.ts';
import type { RunOptions, RunResult } from '#guest/run.ts';
import { PodSandboxState } from '#kube/cri/api_pb.ts';
import { type CriClients, criClients } from '#kube/cri/client.ts';
import { fromConnectError } from '#kube/cri/errors.ts';
import { ScriptedProgram } from './scripted-program.ts';

interface Run extends RunOptions {
  method: string;
  spec: ProcessSpec;
}

const config = { metadata: { name: 'web', namespace: 'default', uid: 'u1', attempt: 0 } };
const request = { config, runtimeHandler: 'toy' };

let node: FakeNode;
let clock: ManualClock;
let trace: TraceBus;
let runtime: CriClients['runtime'];
let runs: Run[];
/** What the program does, by method. */
let program: Record<string, (run: Run) => RunResult | Promise<RunResult>>;

const result = (stdout: string, code = 0, stderr = ''): RunResult => {
  const encoder = new TextEncoder();
  return { exit: { code }, stdout: encoder.encode(stdout), stderr: encoder.encode(stderr) };
};
const answer = (json: unknown) => result(JSON.stringify(json));

async function begin(): Promise<void> {
  const { agent } = node;
  const scripted = new ScriptedProgram({ agent, clock, trace, path: '/toy', records: '/run/toy' });
  const service = await createCri({
    agent,
    images: {} as ImageStore,
    runtimes: new Map(),
    clock,
    trace,
    protocols: {} as StreamProtocols,
    scripted,
  });
  runtime = criClients(createRouterTransport((router) => service.routes(router))).runtime;
}

beforeEach(async () => {
  clock = new ManualClock(1e12);
  trace = new TraceBus(clock);
  node = new FakeNode();
  runs = [];
  program = {
    RunPodSandbox: () => {
      node.texts.set('/run/toy/toy-1', '');
      return answer({ podSandboxId: 'toy-1' });
    },
    ListPodSandbox: () =>
      answer({
        items: [
          { id: 'toy-1', state: 'SANDBOX_NOTREADY', labels: { app: 'web' } },
          { id: 'toy-2', labels: { app: 'db' } },
        ],
      }),
  };
  node.runs = async (spec, options) => {
    const run = { ...options, method: spec.argv[1] ?? '', spec };
    runs.push(run);
    options?.onStart?.(7);
    return (await program[run.method]?.(run)) ?? result('', 127, `${run.method}: not found`);
  };
  await begin();
});

const failureOf = async (call: Promise<unknown>) => {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => fromConnectError(thrown),
  );
  return [error?.code, error?.message];
};
const methodsRun = () => runs.map(({ method }) => method);
const told = () => trace.history().filter(({ kind }) => kind === 'oci');

describe('a call of the handler', () => {
  it('is a run of the program, with the request as input and environment', async () => {
    expect(await runtime.runPodSandbox(request)).toMatchObject({ podSandboxId: 'toy-1' });
    const [run] = runs;
    expect(run?.spec.argv).toEqual(['/toy', 'RunPodSandbox']);
    expect(JSON.parse(String(run?.input))).toEqual({
      runtimeHandler: 'toy',
      config: { metadata: { name: 'web', namespace: 'default', uid: 'u1' } },
    });
    expect(run?.spec.env).toMatchObject({ CONFIG_METADATA_UID: 'u1', RUNTIME_HANDLER: 'toy' });
  });

  it('is told of with the pod that it is about, and so are its processes', async () => {
    await runtime.runPodSandbox(request);
    program['StopPodSandbox'] = () => result('');
    await runtime.stopPodSandbox({ podSandboxId: 'toy-1' });
    const pod = { name: 'web', namespace: 'default', uid: 'u1' };
    expect(told()).toMatchObject([
      { argv: ['/toy', 'RunPodSandbox'], exitCode: 0, pod },
      { argv: ['/toy', 'StopPodSandbox'], exitCode: 0, pod, sandboxId: 'toy-1' },
    ]);
    expect(trace.processes.of(7)).toEqual({ pod, sandboxId: 'toy-1' });
  });

  it('leaves other handlers alone', async () => {
    const other = runtime.runPodSandbox({ config, runtimeHandler: 'other' });
    expect((await failureOf(other))[1]).toContain('no runtime for "other" is configured');
    await runtime.stopPodSandbox({ podSandboxId: 'not-toy-1' });
    expect(runs).toEqual([]);
  });

  it('may write nothing where the response says nothing', async () => {
    program['StartContainer'] = () => result('\n');
    await expect(runtime.startContainer({ containerId: 'toy-2' })).resolves.toBeDefined();
  });

  it('stands among the handlers of Status', async () => {
    const { runtimeHandlers } = await runtime.status({});
    expect(runtimeHandlers.map(({ name }) => name)).toEqual(['toy']);
  });
});

describe('a program that does not do as it should', () => {
  it.each<[string, RunResult, [string, RegExp]]>([
    ['says why', result('', 1, 'no room\n'), ['unknown', /^no room$/]],
    ['says nothing', result('', 3), ['unknown', /^\/toy RunPodSandbox ended with code 3$/]],
    ['names a code', result('', 1, 'NotFound: no such\nthing'), ['not-found', /^no such\nthing$/]],
    ['has no such method', result('', 127, 'x: not found'), ['unimplemented', /code 127: x: not/]],
    ['writes no JSON', result('hello'), ['internal', /wrote no RunPodSandboxResponse: .*JSON/]],
    ['writes another message', answer({ id: 'toy-1' }), ['internal', /key "id" is unknown/]],
    ['gives an id of its own', answer({ podSandboxId: 'x' }), ['internal', /must begin with toy-/]],
    ['gives no id', result(''), ['internal', /gave "" as podSandboxId/]],
    [
      'is killed',
      { ...result(''), exit: { signal: 'SIGKILL' } },
      ['unknown', /^\/toy RunPodSandbox was killed by SIGKILL$/],
    ],
  ])('%s', async (_, outcome, [code, message]) => {
    program['RunPodSandbox'] = () => outcome;
    const [gotCode, gotMessage] = await failureOf(runtime.runPodSandbox(request));
    expect(gotCode).toBe(code);
    expect(gotMessage).toMatch(message);
  });

  it('is missing', async () => {
    node.runs = () => Promise.reject(new SandglassError('not-found', 'Cannot start /toy: ENOENT'));
    const [code, message] = await failureOf(runtime.runPodSandbox(request));
    expect([code, message]).toEqual(['not-found', 'Cannot start /toy: ENOENT']);
    expect(told()).toMatchObject([{ error: { code: 'not-found', message } }]);
  });

  it.each<[string, () => Promise<unknown>, number]>([
    ['RunPodSandbox', () => runtime.runPodSandbox(request), 60_000],
    ['StopContainer', () => runtime.stopContainer({ containerId: 'toy-1', timeout: 30n }), 90_000],
  ])('never ends: %s', async (method, call, limit) => {
    program[method] = () => new Promise(() => undefined);
    const failure = failureOf(call());
    while (runs.length === 0) await Promise.resolve();
    const { signal } = runs[0] ?? {};
    clock.advance(limit - 1);
    expect(signal?.aborted).toBe(false);
    clock.advance(1);
    const words = `/toy ${method} had not ended after ${limit / 1000} seconds, and was killed`;
    expect(await failure).toEqual(['deadline-exceeded', words]);
    expect(signal?.aborted).toBe(true);
  });

  it('is killed when its caller has gone', async () => {
    program['RunPodSandbox'] = () => new Promise(() => undefined);
    const caller = new AbortController();
    const failure = failureOf(runtime.runPodSandbox(request, { signal: caller.signal }));
    while (runs.length === 0) await Promise.resolve();
    caller.abort();
    expect((await failure)[0]).toBe('cancelled');
    expect(runs[0]?.signal?.aborted).toBe(true);
  });
});

describe('a list', () => {
  const ids = async (filter = {}) =>
    (await runtime.listPodSandbox({ filter })).items.map(({ id }) => id);

  it('does not ask a program that has made nothing', async () => {
    expect(await ids()).toEqual([]);
    node.texts.set('/run/toy/late', '');
    expect(await ids()).toEqual([]);
    expect(runs).toEqual([]);
  });

  it('has what the program has made, narrowed as the request says', async () => {
    await runtime.runPodSandbox(request);
    expect(await ids()).toEqual(['toy-1', 'toy-2']);
    expect(await ids({ labelSelector: { app: 'db' } })).toEqual(['toy-2']);
    expect(await ids({ id: 'toy-1' })).toEqual(['toy-1']);
    const ready = { state: { state: PodSandboxState.SANDBOX_READY } };
    expect(await ids(ready)).toEqual(['toy-2']);
  });

  it('asks for what an earlier life of the service has left, until it is gone', async () => {
    node.texts.set('/run/toy/toy-1', '');
    await begin();
    expect(await ids()).toEqual(['toy-1', 'toy-2']);
    node.texts.clear();
    expect(await ids()).toEqual([]);
    expect(methodsRun()).toEqual(['ListPodSandbox']);
  });

  it('stands for five seconds, or until a call has changed something', async () => {
    await runtime.runPodSandbox(request);
    program['StopPodSandbox'] = () => result('');
    program['PodSandboxStatus'] = () => result('');
    await Promise.all([ids(), ids()]);
    await runtime.podSandboxStatus({ podSandboxId: 'toy-1' });
    clock.advance(4999);
    await ids();
    expect(methodsRun().filter((name) => name === 'ListPodSandbox')).toHaveLength(1);
    clock.advance(1);
    await ids();
    expect(methodsRun().filter((name) => name === 'ListPodSandbox')).toHaveLength(2);
    await runtime.stopPodSandbox({ podSandboxId: 'toy-1' });
    await ids();
    expect(methodsRun().filter((name) => name === 'ListPodSandbox')).toHaveLength(3);
  });

  it('that one caller does not wait for is there for the others', async () => {
    await runtime.runPodSandbox(request);
    const first = new AbortController();
    const left = failureOf(runtime.listPodSandbox({}, { signal: first.signal }));
    const stays = ids();
    first.abort();
    expect((await left)[0]).toBe('cancelled');
    expect(await stays).toEqual(['toy-1', 'toy-2']);
  });

  it('tells once of each reason why it fails', async () => {
    await runtime.runPodSandbox(request);
    const fail = (why: string) => () => result('', 1, why);
    for (const why of ['a', 'a', 'b', 'b']) {
      program['ListPodSandbox'] = fail(why);
      expect(await failureOf(runtime.listPodSandbox({}))).toEqual(['unknown', why]);
    }
    expect(told().slice(1)).toMatchObject([
      { error: { message: 'a' } },
      { error: { message: 'b' } },
    ]);
  });
});
