import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readAllText } from '#base/byte-stream.ts';
import { Deferred } from '#base/deferred.ts';
import { AgentService } from '#runtimes/kata/agent_pb.ts';
import { cannotRunKataNatively } from '../native-agent.ts';
import { CallError } from './agent-stand-in.ts';
import { eventually, useShim } from './shim-test.ts';

const { method } = AgentService;

describe.skipIf(cannotRunKataNatively)("a pod's shim", { timeout: 60_000 }, () => {
  const fixture = useShim();

  describe('keeps the end of a process', () => {
    it('for those who wait and those who come later, and in a file', async () => {
      const { shim } = fixture;
      await shim.start();
      const socket = await shim.track('a');
      const before = await shim.control(socket);
      shim.agent.process('a').exit(3);
      const exit = await before.exited;
      expect(exit).toMatchObject({ code: 3, oomKilled: false });
      const after = await shim.control(socket);
      expect(await after.exited).toEqual(exit);
      expect(await shim.exitFile('a')).toEqual({
        ...{ code: 3, signal: 0, oomKills: 0, exitedAt: String(exit.exitedAt) },
      });
    });

    it('as a signal, where one ended it', async () => {
      const { shim } = fixture;
      await shim.start();
      await shim.track('a', { execId: 'exec-0' });
      shim.agent.process('a', 'exec-0').exit(143);
      await eventually(() => existsSync(shim.at('a', 'exec-0.exit')));
      expect(await shim.exitFile('a', 'exec-0.exit')).toMatchObject({ code: 143, signal: 15 });
    });

    it('even if the agent has forgotten it', async () => {
      const { shim } = fixture;
      await shim.start();
      shim.agent.on(method.waitProcess, () => {
        throw new CallError(13, 'Invalid container id');
      });
      const control = await shim.control(await shim.track('a'));
      expect((await control.exited).code).toBe(255);
    });

    it('with the memory that it ran out of, be that told before or after', async () => {
      const { shim } = fixture;
      await shim.start();
      const early = await shim.control(await shim.track('early'));
      const late = await shim.control(await shim.track('late'));
      const sound = await shim.control(await shim.track('sound'));
      let told = false;
      shim.agent.on(method.statsContainer, async ({ containerId }) => {
        if (containerId === 'late' && !told) shim.agent.oom('late');
        told ||= containerId === 'late';
        // Events that are there at once are an answer each, and this is another.
        await new Promise((resolve) => setImmediate(resolve));
        return {};
      });
      shim.agent.oom('early');
      shim.agent.oom('early');
      shim.agent.oom('unknown');
      for (const id of ['early', 'late', 'sound']) shim.agent.process(id).exit(137);
      const exits = await Promise.all([early, late, sound].map(({ exited }) => exited));
      expect(exits.map(({ oomKilled }) => oomKilled)).toEqual([true, true, false]);
      expect(await shim.exitFile('early')).toMatchObject({ oomKills: 2 });
      expect(await shim.exitFile('late')).toMatchObject({ oomKills: 1 });
    });

    it('though nothing is to be known of its memory', async () => {
      const { shim } = fixture;
      await shim.start();
      shim.agent.on(method.statsContainer, () => new Promise(() => undefined));
      const control = await shim.control(await shim.track('a'));
      shim.agent.process('a').exit(1);
      expect((await control.exited).code).toBe(1);
    });
  });

  describe('signals', () => {
    it('the first process of a container, all of them, or an exec', async () => {
      const { shim } = fixture;
      await shim.start();
      const sent: unknown[] = [];
      shim.agent.on(method.signalProcess, ({ containerId, execId, signal }) => {
        sent.push([containerId, execId, signal]);
        return {};
      });
      const container = await shim.control(await shim.track('a'));
      const exec = await shim.control(await shim.track('a', { execId: 'exec-0' }));
      await container.kill(15, false);
      await container.kill(9, true);
      await exec.kill(9, true);
      expect(sent).toEqual([
        ['a', 'a', 15],
        ['a', '', 9],
        ['a', 'exec-0', 9],
      ]);
    });

    it('nothing that has ended', async () => {
      const { shim } = fixture;
      await shim.start();
      const control = await shim.control(await shim.track('a'));
      shim.agent.process('a').exit(0);
      await control.exited;
      await expect(control.kill(15, false)).rejects.toMatchObject({ code: 'not-found' });
      expect(shim.agent.called).not.toContain('SignalProcess');
    });

    it('nothing that ends meanwhile', async () => {
      const { shim } = fixture;
      await shim.start();
      shim.agent.on(method.signalProcess, ({ execId }) => {
        throw new CallError(13, `Invalid ${execId === 'a' ? 'container' : 'exec'} id`);
      });
      const container = await shim.control(await shim.track('a'));
      const exec = await shim.control(await shim.track('a', { execId: 'exec-0' }));
      await expect(container.kill(15, false)).rejects.toMatchObject({ code: 'not-found' });
      await expect(exec.kill(15, false)).rejects.toMatchObject({ code: 'not-found' });
    });

    it('in order, whatever the agent has to say to them', async () => {
      const { shim } = fixture;
      await shim.start();
      const first = new Deferred<object>();
      shim.agent.on(method.signalProcess, ({ signal }) => {
        if (signal === 1) return first.promise;
        throw new CallError(13, `no signal ${signal}`);
      });
      const control = await shim.control(await shim.track('a'));
      const answers = [control.kill(1, false), control.kill(99, false)];
      await eventually(() => shim.agent.called.includes('SignalProcess'));
      first.resolve({});
      await answers[0];
      await expect(answers[1]).rejects.toMatchObject({ message: 'no signal 99' });
    });
  });

  describe('forgets', () => {
    it('a container that has ended, and its execs with it', async () => {
      const { shim } = fixture;
      await shim.start();
      const socket = await shim.track('a');
      const control = await shim.control(socket);
      await expect(control.delete()).rejects.toMatchObject({ code: 'failed-precondition' });
      const exec = await shim.control(await shim.track('a', { execId: 'exec-0' }));
      shim.agent.process('a').exit(0);
      await control.exited;
      await control.delete();
      expect(shim.agent.called).toContain('RemoveContainer');
      expect((await exec.exited).code).toBe(137);
      expect(await readdir(shim.at('a'))).toEqual(['exit']);
      await shim.track('a');
    });

    it('nothing that the agent could not remove', async () => {
      const { shim } = fixture;
      await shim.start();
      shim.agent.on(method.removeContainer, () => {
        throw new CallError(13, 'EBUSY: it is mounted');
      });
      const socket = await shim.track('a');
      const control = await shim.control(socket);
      shim.agent.process('a').exit(0);
      await control.exited;
      await expect(control.delete()).rejects.toMatchObject({ message: 'EBUSY: it is mounted' });
      expect(existsSync(socket)).toBe(true);
      shim.agent.on(method.removeContainer, () => {
        throw new CallError(13, 'Invalid container id');
      });
      await control.delete();
      expect(existsSync(socket)).toBe(false);
    });

    it('an exec, without a word to the agent', async () => {
      const { shim } = fixture;
      await shim.start();
      await shim.track('a');
      const control = await shim.control(await shim.track('a', { execId: 'exec-0' }));
      shim.agent.process('a', 'exec-0').exit(0);
      await control.exited;
      await control.delete();
      expect(await readdir(shim.at('a'))).toEqual(['control.sock']);
      expect(shim.agent.called).not.toContain('RemoveContainer');
    });

    it('a container while its output is being read', async () => {
      const { shim } = fixture;
      await shim.start();
      const socket = await shim.track('a', { stdin: true });
      const frames = await shim.attachedFrames(socket);
      const attached = await shim.attach(socket);
      const process = shim.agent.process('a');
      process.reads = new Promise(() => undefined);
      await attached.stdin.write(Buffer.from('is not taken'));
      const control = await shim.control(socket);
      process.stdout.write('the last words');
      process.status.resolve(0);
      await control.exited;
      await control.delete();
      expect(await readAllText(attached.stdout)).toBe('the last words');
      // It is told that there is no more, and not just left.
      expect([(await frames.next())?.type, (await frames.next())?.type]).toEqual(['o', 'x']);
      process.stdout.write('too late');
      process.exit(0);
      await shim.pod.call(method.destroySandbox, {});
    });
  });
});
