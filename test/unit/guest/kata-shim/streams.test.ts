import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, rename } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readAllBytes, readAllText } from '#base/byte-stream.ts';
import { Deferred } from '#base/deferred.ts';
import { AgentService } from '#runtimes/kata/agent_pb.ts';
import { encodeFrame, frame } from '#runtimes/shim-frames.ts';
import { patternBytes, readUntil } from '../agent-test.ts';
import { eventually, useShim } from './shim-test.ts';
import { cannotRunKataNatively } from '../native-agent.ts';

const { method } = AgentService;

/** Lines of a log in CRI format, without their times. */
async function logLines(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => line.replace(/^\S+ /, ''));
}

const equal = (bytes: Uint8Array, expected: Uint8Array) => Buffer.from(bytes).equals(expected);

describe.skipIf(cannotRunKataNatively)("a pod's shim", { timeout: 60_000 }, () => {
  const fixture = useShim();

  describe('takes the output of a container', () => {
    it('into its log, line by line', async () => {
      const { shim } = fixture;
      await shim.start();
      await shim.track('a', { log: true });
      const { stdout, stderr } = shim.agent.process('a');
      stdout.write('one\ntw');
      await eventually(async () => (await logLines(shim.at('a', 'log'))).length === 1);
      stderr.write('wrong\n');
      await eventually(async () => (await logLines(shim.at('a', 'log'))).length === 2);
      stdout.write('o\nrest');
      shim.agent.process('a').exit(0);
      await eventually(async () => (await logLines(shim.at('a', 'log'))).length === 4);
      expect(await logLines(shim.at('a', 'log'))).toEqual([
        ...['stdout F one', 'stderr F wrong', 'stdout F two', 'stdout F rest'],
      ]);
    });

    it('on into a new log once that has been renamed', async () => {
      const { shim } = fixture;
      await shim.start();
      const control = await shim.control(await shim.track('a', { log: true }));
      const { stdout } = shim.agent.process('a');
      stdout.write('before\n');
      await eventually(async () => (await logLines(shim.at('a', 'log'))).length === 1);
      await rename(shim.at('a', 'log'), shim.at('a', 'log.1'));
      await control.reopenLog();
      stdout.write('after\n');
      await eventually(() => existsSync(shim.at('a', 'log')));
      await eventually(async () => (await logLines(shim.at('a', 'log'))).length === 1);
      expect(await logLines(shim.at('a', 'log'))).toEqual(['stdout F after']);
    });

    it('to whoever is attached, from then on', async () => {
      const { shim } = fixture;
      await shim.start();
      const socket = await shim.track('a', { log: true });
      const { stdout } = shim.agent.process('a');
      stdout.write('before\n');
      await eventually(async () => (await logLines(shim.at('a', 'log'))).length === 1);
      const first = await shim.attach(socket);
      const second = await shim.attach(socket);
      stdout.write('while both\n');
      await readUntil(first.stdout, 'while both\n');
      expect(await readUntil(second.stdout, 'while both\n')).toBe('while both\n');
      first.close();
      stdout.write('while one\n');
      expect(await readUntil(second.stdout, 'while one\n')).toBe('while one\n');
      shim.agent.process('a').exit(0);
      expect(await readAllText(second.stdout)).toBe('');
      expect(await logLines(shim.at('a', 'log'))).toEqual([
        ...['stdout F before', 'stdout F while both', 'stdout F while one'],
      ]);
    });

    it('whole, before it tells those who read it of its end', async () => {
      const { shim } = fixture;
      await shim.start();
      const socket = await shim.track('a');
      const attached = await shim.attach(socket);
      const control = await shim.control(socket);
      const { stdout, stderr, status } = shim.agent.process('a');
      const output = patternBytes(1 << 20, 1);
      const read = readAllBytes(attached.stdout);
      stderr.end();
      status.resolve(0);
      await control.exited;
      stdout.write(output);
      stdout.end();
      expect(equal(await read, output)).toBe(true);
    });

    it('to others while one does not read what it has attached to', async () => {
      const { shim } = fixture;
      await shim.start();
      const stuck = await shim.raw(await shim.track('stuck', { log: true }));
      stuck.pause();
      stuck.write(encodeFrame(frame.attach, Uint8Array.of(6)));
      // A request behind it is answered when it has been heard.
      stuck.write(encodeFrame(frame.reopenLog));
      await once(stuck, 'readable');
      const { stdout } = shim.agent.process('stuck');
      const output = patternBytes(4 << 20, 2);
      stdout.write(output);
      const other = await shim.attach(await shim.track('other'));
      shim.agent.process('other').stdout.write('goes on\n');
      await readUntil(other.stdout, 'goes on\n');
      let reads = -1;
      await eventually(async () => {
        const settled = reads === stdout.reads;
        reads = stdout.reads;
        await shim.pod.call(method.destroySandbox, {});
        return settled;
      });
      // It has what a socket and the shim hold, and waits in the machine with the rest.
      expect(reads).toBeLessThan(32);
      stuck.destroy();
      shim.agent.process('stuck').exit(0);
      await eventually(() => stdout.reads > output.length / (32 << 10));
      expect(stdout.reads).toBe(output.length / (32 << 10) + 1);
    });
  });

  describe('takes the output of an exec', () => {
    it('when somebody has come for it: 10 MiB, and what was said on the other stream', async () => {
      const { shim } = fixture;
      await shim.start();
      const { stdout, stderr, ...process } = shim.agent.process('a', 'exec-0');
      const output = patternBytes(10 << 20, 3);
      stdout.write(output);
      stderr.write('a warning\n');
      stdout.end();
      stderr.end();
      process.status.resolve(7);
      const socket = await shim.track('a', { execId: 'exec-0' });
      await eventually(() => existsSync(shim.at('a', 'exec-0.exit')));
      expect(stdout.reads).toBe(0);
      const attached = await shim.attach(socket);
      const [out, err] = await Promise.all([
        readAllBytes(attached.stdout),
        readAllText(attached.stderr),
      ]);
      expect({ isWhole: equal(out, output), err }).toEqual({ isWhole: true, err: 'a warning\n' });
      expect((await (await shim.control(socket)).exited).code).toBe(7);
    });

    it('on, when who had come has left', async () => {
      const { shim } = fixture;
      await shim.start();
      const socket = await shim.track('a', { execId: 'exec-0' });
      const { stdout } = shim.agent.process('a', 'exec-0');
      const first = await shim.attach(socket);
      stdout.write('one\n');
      await readUntil(first.stdout, 'one\n');
      first.close();
      stdout.write(patternBytes(1 << 20, 4));
      await eventually(() => stdout.reads > 32);
      expect(existsSync(shim.at('a', 'exec-0.exit'))).toBe(false);
    });
  });

  describe('gives a process its input', () => {
    it('10 MiB of it and then the end, by an agent that takes less than it is given', async () => {
      const { shim } = fixture;
      await shim.start();
      const process = shim.agent.process('a', 'exec-0');
      process.takes = 30_000;
      const socket = await shim.track('a', { execId: 'exec-0', stdin: true });
      const attached = await shim.attach(socket);
      const input = patternBytes(10 << 20, 5);
      await attached.stdin.write(input);
      attached.stdin.end();
      await process.stdinClosed.promise;
      expect(equal(process.stdin, input)).toBe(true);
      // The other direction is still open.
      process.stdout.write('thanks\n');
      process.exit(0);
      expect(await readAllText(attached.stdout)).toBe('thanks\n');
    });

    it('which waits for one that does not read, and nobody else does', async () => {
      const { shim } = fixture;
      await shim.start();
      const process = shim.agent.process('a');
      const reads = new Deferred<void>();
      process.reads = reads.promise;
      const socket = await shim.track('a', { stdin: true });
      const attached = await shim.attach(socket);
      const input = patternBytes(1 << 20, 6);
      const written = attached.stdin.write(input).then(() => {
        attached.stdin.end();
      });
      process.stdout.write('meanwhile\n');
      await readUntil(attached.stdout, 'meanwhile\n');
      const control = await shim.control(socket);
      shim.agent.on(method.signalProcess, () => ({}));
      await control.kill(15, false);
      expect(process.stdin.length).toBe(0);
      reads.resolve();
      await written;
      await process.stdinClosed.promise;
      expect(equal(process.stdin, input)).toBe(true);
    });

    it('and no more of it once nobody reads that', async () => {
      const { shim } = fixture;
      await shim.start();
      const process = shim.agent.process('a');
      process.takes = 0;
      const socket = await shim.track('a', { stdin: true });
      const attached = await shim.attach(socket);
      await attached.stdin.write(patternBytes(1 << 20, 7));
      await (await shim.control(socket)).closeStdin();
      // Requests behind it are obeyed: none waits for a process that has closed its input.
      attached.resize({ columns: 80, rows: 24 });
      process.exit(0);
      expect(await readAllText(attached.stdout)).toBe('');
      expect(shim.agent.called.filter((name) => name === 'WriteStdin')).toHaveLength(1);
    });

    it('none, where it has none', async () => {
      const { shim } = fixture;
      await shim.start();
      const process = shim.agent.process('a');
      const attached = await shim.attach(await shim.track('a'));
      await process.stdinClosed.promise;
      await attached.stdin.write(Buffer.from('is not read'));
      process.exit(0);
      await readAllText(attached.stdout);
      expect(shim.agent.called).not.toContain('WriteStdin');
    });
  });

  describe('has a terminal', () => {
    it('sized before its program starts and after', async () => {
      const { shim } = fixture;
      await shim.start();
      const sizes: number[][] = [];
      shim.agent.on(method.ttyWinResize, ({ containerId, execId, column, row }) => {
        expect([containerId, execId]).toEqual(['a', 'a']);
        sizes.push([column, row]);
        return {};
      });
      const socket = await shim.track('a', { terminal: true, stdin: true });
      const control = await shim.control(socket);
      await control.resize(80, 24);
      shim.agent.process('a').stdout.write('$ ');
      const attached = await shim.attach(socket);
      attached.resize({ columns: 132, rows: 43 });
      await eventually(() => sizes.length === 2);
      expect(sizes).toEqual([
        [80, 24],
        [132, 43],
      ]);
    });

    it('whose end of input is a character, and whose one output is read', async () => {
      const { shim } = fixture;
      await shim.start();
      const process = shim.agent.process('a');
      const attached = await shim.attach(await shim.track('a', { terminal: true, stdin: true }));
      await attached.stdin.write(Buffer.from('exit'));
      attached.stdin.end();
      await eventually(() => process.stdin.length === 5);
      expect(process.stdin.toString()).toBe('exit\x04');
      await attached.stdin.write(Buffer.from('!'));
      await eventually(() => process.stdin.length === 6);
      process.stdout.end();
      process.status.resolve(0);
      expect(await readAllText(attached.stdout)).toBe('');
      expect(shim.agent.called).not.toContain('CloseStdin');
      expect(shim.agent.called).not.toContain('ReadStderr');
    });

    it('no size, where it is none', async () => {
      const { shim } = fixture;
      await shim.start();
      const control = await shim.control(await shim.track('a'));
      await control.resize(80, 24);
      expect(shim.agent.called).not.toContain('TtyWinResize');
    });
  });
});
