import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, readdir, readlink } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { Deferred } from '#base/deferred.ts';
import { AgentService } from '#runtimes/kata/agent_pb.ts';
import { cannotRunKataNatively } from '../native-agent.ts';
import { eventually, gone, isAlive, stubbornVmm, useShim } from './shim-test.ts';

const { method } = AgentService;

describe.skipIf(cannotRunKataNatively)("a pod's shim", { timeout: 60_000 }, () => {
  const fixture = useShim();

  describe('starts', () => {
    it('as the parent of the VMM, in a session of its own', async () => {
      const { shim } = fixture;
      await shim.start();
      const stat = (pid: number) => readFile(`/proc/${pid}/stat`, 'utf8');
      const [, parent] = /\) \w (\d+) /.exec(await stat(shim.vmmPid)) ?? [];
      expect(Number(parent)).toBe(shim.shimPid);
      const [, session] = /\) \w \d+ \d+ (\d+) /.exec(await stat(shim.shimPid)) ?? [];
      expect(Number(session)).toBe(shim.shimPid);
      expect(await readlink(`/proc/${shim.shimPid}/fd/1`)).toBe('/dev/null');
      const words = (await readFile(`/proc/${shim.vmmPid}/cmdline`, 'utf8')).split('\0');
      expect(words.slice(0, 2)).toEqual(['/bin/sh', '-c']);
    });

    it.each([
      [
        'is not there',
        ['/no/vmm'],
        /^the VMM ended with code 127: cannot start \/no\/vmm: No such/,
      ],
      [
        'fails, with its last words',
        ['/bin/sh', '-c', 'echo one >&2; echo "there is no machine" >&2; exit 4'],
        /^the VMM ended with code 4: there is no machine\n$/,
      ],
      ['is killed', ['/bin/sh', '-c', 'kill -9 $$'], /^the VMM was killed by signal 9\n$/],
    ])('not if the VMM %s', async (_how, vmm, expected) => {
      const { shim } = fixture;
      const { code, stdout, stderr } = await shim.run(vmm);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(expected);
      expect(await readdir(shim.folder)).toEqual(['vmm.log']);
    });

    it('not without its options', async () => {
      const { code, stderr } = await fixture.shim.run([]);
      expect(code).toBe(2);
      expect(stderr).toContain('sandglass-shim-kata start');
    });

    it('nothing that would outlive a caller who has gone', async () => {
      const { shim } = fixture;
      const vmm = ['/bin/sh', '-c', `echo $$ >&2; ${stubbornVmm}`, '/dev/null'];
      const child = shim.spawn(vmm);
      const said = () => readFile(shim.at('vmm.log'), 'utf8').catch(() => '');
      await eventually(async () => (await said()).endsWith('\n'));
      child.kill('SIGKILL');
      await once(child, 'close');
      await gone(Number(await said()));
      await eventually(() => !existsSync(shim.socket));
    });
  });

  describe('shuts down', () => {
    it('when the sandbox has been destroyed and the VMM has ended', async () => {
      const { shim } = fixture;
      await shim.start();
      const destroyed = new Deferred<object>();
      shim.agent.on(method.destroySandbox, () => destroyed.promise);
      const done = shim.pod.shutDown();
      await eventually(() => shim.agent.called.includes('DestroySandbox'));
      expect(isAlive(shim.vmmPid)).toBe(true);
      destroyed.resolve({});
      await done;
      expect(isAlive(shim.vmmPid)).toBe(false);
      await gone(shim.shimPid);
      expect(await readdir(shim.folder)).toEqual(['vmm.log']);
    });

    it('at SIGTERM too', async () => {
      const { shim } = fixture;
      await shim.start();
      await shim.track('a');
      process.kill(shim.shimPid, 'SIGTERM');
      await gone(shim.shimPid);
      expect(shim.agent.called).toContain('DestroySandbox');
      expect(isAlive(shim.vmmPid)).toBe(false);
      expect(await shim.exitFile('a')).toMatchObject({ code: 137, signal: 9 });
      expect(await readdir(shim.at('a'))).toEqual(['exit']);
    });

    it('though the agent is silent and the VMM does not obey', async () => {
      const { shim } = fixture;
      await shim.start(stubbornVmm);
      shim.agent.on(method.destroySandbox, () => new Promise(() => undefined));
      const client = await shim.frames();
      const waiting = shim.pod.machineEnded;
      await client.send('X', 1);
      await client.send('X', 2);
      const how = { code: 0, text: 'the VMM was killed by signal 9' };
      expect([await client.next(), await client.next()]).toMatchObject(
        expect.arrayContaining([expect.objectContaining(how), expect.objectContaining(how)]),
      );
      expect((await waiting).message).toBe(`The virtual machine has ended: ${how.text}`);
      await gone(shim.shimPid);
    });
  });
});
