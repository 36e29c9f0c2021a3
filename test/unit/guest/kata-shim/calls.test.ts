import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  AgentService,
  RemoveContainerRequestSchema,
  WaitProcessRequestSchema,
  WaitProcessResponseSchema,
} from '#runtimes/kata/agent_pb.ts';
import { cannotRunKataNatively } from '../native-agent.ts';
import { CallError } from './agent-stand-in.ts';
import { eventually, useShim } from './shim-test.ts';

const { method } = AgentService;

/** The payload of a call's frame. */
function call(name: string, request: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.of(name.length), Buffer.from(name), request]);
}

const waitFor = (containerId: string) =>
  toBinary(
    WaitProcessRequestSchema,
    create(WaitProcessRequestSchema, { containerId, execId: containerId }),
  );

describe.skipIf(cannotRunKataNatively)("a pod's shim", { timeout: 60_000 }, () => {
  const fixture = useShim();

  describe('calls the agent', () => {
    it('with what it is given, and hands back what that answers', async () => {
      const { shim } = fixture;
      await shim.start();
      shim.agent.on(method.getGuestDetails, ({ memBlockSize }) => ({
        memBlockSizeBytes: memBlockSize ? 7n : 0n,
      }));
      const details = await shim.pod.call(method.getGuestDetails, { memBlockSize: true });
      expect(details.memBlockSizeBytes).toBe(7n);
    });

    it('and hands back why that refuses', async () => {
      const { shim } = fixture;
      await shim.start();
      shim.agent.on(method.startContainer, ({ containerId }) => {
        throw new CallError(9, `${containerId} has not been created`);
      });
      await expect(
        shim.pod.call(method.startContainer, { containerId: 'a' }),
      ).rejects.toMatchObject({ code: 'failed-precondition', message: 'a has not been created' });
      // What it has never heard of, it says itself.
      await expect(shim.pod.call(method.pauseContainer, {})).rejects.toMatchObject({
        code: 'unimplemented',
        message: 'PauseContainer is not supported',
      });
    });

    it('for several clients at once, each answered when its call is', async () => {
      const { shim } = fixture;
      await shim.start();
      const other = await shim.open();
      const request = (containerId: string) => ({ containerId, execId: containerId });
      const first = shim.pod.call(method.waitProcess, request('a'));
      const second = other.call(method.waitProcess, request('b'));
      const third = shim.pod.call(method.waitProcess, request('c'));
      shim.agent.process('c').exit(3);
      expect((await third).status).toBe(3);
      shim.agent.process('b').exit(2);
      expect((await second).status).toBe(2);
      shim.agent.process('a').exit(1);
      expect((await first).status).toBe(1);
    });

    it('with requests and answers of a megabyte', async () => {
      const { shim } = fixture;
      await shim.start();
      const data = Buffer.alloc(900_000, 'sandglass');
      let seed: Uint8Array | undefined;
      shim.agent.on(method.reseedRandomDev, (request) => {
        seed = request.data;
        return {};
      });
      shim.agent.on(method.readStdout, () => ({ data }));
      await shim.pod.call(method.reseedRandomDev, { data });
      expect(Buffer.from(seed ?? []).equals(data)).toBe(true);
      const answer = await shim.pod.call(method.readStdout, { containerId: 'a', len: 1 << 20 });
      expect(Buffer.from(answer.data).equals(data)).toBe(true);
    });

    it('until the caller gives up: then its answer is nobody’s', async () => {
      const { shim } = fixture;
      await shim.start();
      const client = await shim.frames();
      await client.send('C', 1, call('WaitProcess', waitFor('a')));
      await client.send('D', 1);
      expect(await client.next()).toMatchObject({ id: 1, code: 1 });
      // Of one that is not under way, nothing is said.
      await client.send('D', 1);
      await client.send('C', 2, call('WaitProcess', waitFor('b')));
      await eventually(
        () => shim.agent.called.filter((name) => name === 'WaitProcess').length === 2,
      );
      shim.agent.process('a').exit(1);
      shim.agent.process('b').exit(2);
      const answer = await client.next();
      expect(answer).toMatchObject({ id: 2, code: 0 });
      expect(fromBinary(WaitProcessResponseSchema, answer?.bytes ?? new Uint8Array()).status).toBe(
        2,
      );
    });

    it('whether the caller of another call is still there or not', async () => {
      const { shim } = fixture;
      await shim.start();
      const left = await shim.frames();
      await left.send('C', 1, call('WaitProcess', waitFor('a')));
      await eventually(() => shim.agent.called.includes('WaitProcess'));
      left.close();
      const next = await shim.open();
      const waited = next.call(method.waitProcess, { containerId: 'b', execId: 'b' });
      // When the agent has this one's call, the shim knows that the other has left.
      await eventually(
        () => shim.agent.called.filter((name) => name === 'WaitProcess').length === 2,
      );
      shim.agent.process('a').exit(1);
      shim.agent.process('b').exit(2);
      expect((await waited).status).toBe(2);
    });

    it('no more than it can remember', async () => {
      const { shim } = fixture;
      await shim.start();
      const client = await shim.frames();
      for (let id = 1; id <= 1025; id++)
        await client.send('C', id, call('WaitProcess', waitFor('a')));
      expect(await client.next()).toMatchObject({ id: 1025, code: 8 });
    });

    it('only by whole requests', async () => {
      const { shim } = fixture;
      await shim.start();
      const client = await shim.frames();
      await client.send('C', 1);
      await client.send('C', 2, Uint8Array.of(20), Buffer.from('WaitProcess'));
      await client.send('T', 3, Uint8Array.of(0), Buffer.from('a\0'));
      await client.send('T', 4, Uint8Array.of(8), Buffer.from('a\0../b\0/tmp\0\0'));
      await client.send('?', 5);
      const codes = [];
      for (let i = 0; i < 5; i++) codes.push(await client.next());
      expect(codes.map((result) => [result?.id, result?.code])).toEqual([
        ...[1, 2, 3, 4].map((id) => [id, 3]),
        [5, 12],
      ]);
      // One whose frames are none is let go of; the others are not.
      const wild = await shim.raw(shim.socket);
      wild.write(Buffer.alloc(8, 0xff));
      wild.resume();
      await once(wild, 'close');
      await client.send('L', 6);
      expect(await client.next()).toMatchObject({ id: 6, code: 0, text: '' });
    });
  });

  describe('remembers what it tracks', () => {
    it('for later lives of the CRI service', async () => {
      const { shim } = fixture;
      await shim.start();
      await shim.track('a');
      await shim.track('a', { execId: 'exec-0' });
      await shim.track('b');
      shim.pod.close();
      shim.agent.process('b').exit(3);
      await eventually(() => existsSync(shim.at('b', 'exit')));
      const client = await shim.frames();
      await client.send('L', 1);
      const lines = ((await client.next())?.text ?? '').trimEnd().split('\n');
      expect(lines.map((line) => line.split('\t')).toSorted()).toEqual([
        ['a', '', 'running'],
        ['a', 'exec-0', 'running'],
        ['b', '', await readFile(shim.at('b', 'exit'), 'utf8')],
      ]);
    });

    it('and nothing twice', async () => {
      const { shim } = fixture;
      await shim.start();
      await shim.track('a');
      await expect(shim.track('a')).rejects.toMatchObject({ code: 'already-exists' });
    });

    it('and says why it cannot', async () => {
      const { shim } = fixture;
      await shim.start();
      const directory = shim.at('missing');
      await expect(shim.track('a', { directory })).rejects.toMatchObject({
        code: 'internal',
        message: "cannot listen for the process's clients: No such file or directory",
      });
      await expect(shim.track('a', { logPath: `${directory}/log` })).rejects.toMatchObject({
        message: 'cannot open the log file: No such file or directory',
      });
    });

    it('until its container is removed by whom it may be', async () => {
      const { shim } = fixture;
      await shim.start();
      const socket = await shim.track('a');
      const exec = await shim.track('a', { execId: 'exec-0' });
      const waiting = await shim.control(exec);
      const client = await shim.frames();
      const request = create(RemoveContainerRequestSchema, { containerId: 'a' });
      const bytes = toBinary(RemoveContainerRequestSchema, request);
      await client.send('C', 1, call('RemoveContainer', bytes));
      expect(await client.next()).toMatchObject({ id: 1, code: 0 });
      expect((await waiting.exited).code).toBe(137);
      await client.send('L', 2);
      expect(await client.next()).toMatchObject({ id: 2, text: '' });
      expect([existsSync(socket), existsSync(exec)]).toEqual([false, false]);
    });
  });
});
