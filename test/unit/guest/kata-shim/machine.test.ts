import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readAllText } from '#base/byte-stream.ts';
import { AgentService } from '#runtimes/kata/agent_pb.ts';
import { cannotRunKataNatively } from '../native-agent.ts';
import { eventually, gone, isAlive, stubbornVmm, useShim } from './shim-test.ts';

const { method } = AgentService;

describe.skipIf(cannotRunKataNatively)("a pod's shim", { timeout: 60_000 }, () => {
  const fixture = useShim();

  describe('has a machine that', () => {
    it('is killed: everything in it has ended, and says so', async () => {
      const { shim } = fixture;
      await shim.start();
      const socket = await shim.track('a', { log: true });
      const control = await shim.control(socket);
      const attached = await shim.attach(socket);
      const exec = await shim.control(await shim.track('a', { execId: 'exec-0' }));
      await shim.track('ended');
      shim.agent.process('ended').exit(0);
      await eventually(() => existsSync(shim.at('ended', 'exit')));
      shim.agent.on(method.startContainer, () => new Promise(() => undefined));
      const started = expect(
        shim.pod.call(method.startContainer, { containerId: 'a' }),
      ).rejects.toMatchObject({ code: 'unavailable' });
      await eventually(() => shim.agent.called.includes('StartContainer'));
      shim.agent.process('a').stdout.write('no line');
      const read = readAllText(attached.stdout);
      await eventually(() => shim.agent.process('a').stdout.reads > 1);
      await shim.killVmm();

      const how = 'the VMM was killed by signal 9';
      expect((await shim.pod.machineEnded).message).toContain(how);
      await started;
      expect((await control.exited).code).toBe(137);
      expect((await exec.exited).code).toBe(137);
      expect(await read).toBe('no line');
      expect(await shim.exitFile('a')).toMatchObject({ code: 137, signal: 9, oomKills: 0 });
      expect(await shim.exitFile('a', 'exec-0.exit')).toMatchObject({ code: 137, signal: 9 });
      expect(await shim.exitFile('ended')).toMatchObject({ code: 0 });

      // It stays to say so to whoever asks.
      await expect(shim.pod.call(method.startContainer, {})).rejects.toMatchObject({
        code: 'unavailable',
        message: how,
      });
      await expect(shim.track('b')).rejects.toMatchObject({ code: 'unavailable' });
      expect((await (await shim.open()).machineEnded).message).toContain(how);
      await control.delete();
      expect(existsSync(socket)).toBe(false);
      await shim.pod.shutDown();
      await gone(shim.shimPid);
    });

    it('says why it has ended', async () => {
      const { shim } = fixture;
      const panic = 'trap "echo the kernel has panicked >&2; exit 1" USR1';
      await shim.start(`${panic}; : >$0; sleep 1000 & wait`);
      process.kill(shim.vmmPid, 'SIGUSR1');
      await gone(shim.vmmPid);
      expect((await shim.pod.machineEnded).message).toBe(
        'The virtual machine has ended: the VMM ended with code 1: the kernel has panicked',
      );
    });

    it('ends with a shim that is killed', async () => {
      const { shim } = fixture;
      await shim.start(stubbornVmm);
      const control = await shim.control(await shim.track('a'));
      process.kill(shim.shimPid, 'SIGKILL');
      await gone(shim.vmmPid);
      await expect(control.exited).rejects.toMatchObject({ code: 'unavailable' });
      expect((await shim.pod.machineEnded).code).toBe('unavailable');
    });

    it.each([
      ['breaks off', () => undefined, 'the connection to the machine’s agent broke'],
      [
        'sends what is no ttRPC',
        () => Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'),
        "the machine's agent sent what is no ttRPC",
      ],
    ])('is ended when its agent %s', async (_how, garbage, why) => {
      const { shim } = fixture;
      await shim.start();
      const control = await shim.control(await shim.track('a'));
      const bytes = garbage();
      if (bytes) shim.agent.send(bytes);
      else shim.agent.disconnect();
      expect((await control.exited).code).toBe(137);
      expect((await shim.pod.machineEnded).message).toBe(
        `The virtual machine has ended: ${why.replace('’', "'")}; the VMM ended with code 0`,
      );
      expect(isAlive(shim.vmmPid)).toBe(false);
    });

    it('goes on when its agent gives an answer that is none', async () => {
      const { shim } = fixture;
      await shim.start();
      shim.agent.onRaw('WriteStdin', () => Uint8Array.of(0xff, 0xff, 0xff));
      shim.agent.onRaw('WaitProcess', () => Uint8Array.of(0x0a));
      shim.agent.onRaw('GetOOMEvent', () => Uint8Array.of(0x0a));
      const socket = await shim.track('a', { stdin: true });
      const attached = await shim.attach(socket);
      await attached.stdin.write(Buffer.from('words'));
      expect((await (await shim.control(socket)).exited).code).toBe(255);
      // A response of a call that nobody has made, and one that is no message.
      const header = Buffer.alloc(10);
      header[8] = 2;
      shim.agent.send(header);
      shim.agent.on(method.getGuestDetails, () => ({}));
      await shim.pod.call(method.getGuestDetails, {});
    });

    it('has an agent that reads nothing: others are answered nonetheless', async () => {
      const { shim } = fixture;
      await shim.start();
      shim.agent.stall();
      const data = Buffer.alloc(1 << 20);
      const calls = Array.from({ length: 20 }, () =>
        shim.pod.call(method.reseedRandomDev, { data }).catch((error: unknown) => error),
      );
      expect(await Promise.race(calls)).toMatchObject({ code: 'resource-exhausted' });
      const client = await shim.frames();
      await client.send('L', 1);
      expect(await client.next()).toMatchObject({ id: 1, code: 0 });
      await client.send('X', 2);
      expect(await client.next()).toMatchObject({ id: 2, code: 0 });
    });
  });
});
