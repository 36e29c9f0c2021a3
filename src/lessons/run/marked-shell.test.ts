import { beforeEach, expect, it } from 'vitest';
import { SandglassError } from '#base/errors.ts';
import { MarkedShell } from './marked-shell.ts';

const never = new AbortController().signal;
/** What stands at the prompt is taken away first. */
const killLine = '\x05\x15';
let typed: string[];
let shell: MarkedShell;
const output = (text: string) => shell.takeOutput(new TextEncoder().encode(text));
const prompt = (code = 0) => output(`\x1b]133;D;${code}\x07# \x1b]133;B\x07`);

beforeEach(() => {
  typed = [];
  shell = new MarkedShell((text) => typed.push(text));
});

it('types a line once the shell waits, and gives its exit code', async () => {
  const code = shell.run('false', never);
  await Promise.resolve();
  expect(typed).toEqual([]);
  prompt();
  await expect.poll(() => typed).toEqual([`${killLine}false\r`]);
  output('false\r\n');
  prompt(1);
  expect(await code).toBe(1);
});

it('types one line after another, each once the one before has ended', async () => {
  prompt();
  const codes = [shell.run('one', never), shell.run('two', never)];
  await expect.poll(() => typed).toEqual([`${killLine}one\r`]);
  prompt(1);
  await expect.poll(() => typed).toEqual([`${killLine}one\r`, `${killLine}two\r`]);
  prompt(2);
  expect(await Promise.all(codes)).toEqual([1, 2]);
});

it('types nothing into the next shell that was meant for the one before', async () => {
  prompt();
  const [one, two] = [shell.run('one', never), shell.run('two', never)];
  const both = [one, two].map((run) => expect(run).rejects.toThrow('Gone.'));
  await expect.poll(() => typed.length).toBe(1);
  shell.lose(new SandglassError('unavailable', 'Gone.'));
  await Promise.all(both);
  prompt();
  await shell.begin('three', never);
  await expect.poll(() => typed.slice(1)).toEqual([`${killLine}three\r`]);
});

it('is away from its prompt from Enter on, whoever presses it', async () => {
  prompt();
  expect(shell.waits).toBe(true);
  shell.type('sleep 1');
  expect(shell.waits).toBe(true);
  shell.type('\r');
  expect(shell.waits).toBe(false);
  const there = shell.atPrompt(never);
  prompt();
  await there;
});

it('lets go of who waits when the shell is lost or the wait is cancelled', async () => {
  const abort = new AbortController();
  const cancelled = shell.run('ps', abort.signal);
  const lost = shell.atPrompt(never);
  abort.abort();
  await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
  shell.lose(new SandglassError('unavailable', 'Gone.'));
  await expect(lost).rejects.toThrow('Gone.');
  expect(typed).toEqual([]);
});

it('refuses a line that is several', async () => {
  prompt();
  await expect(shell.run('a\nb', never)).rejects.toMatchObject({ code: 'invalid-argument' });
  expect(typed).toEqual([]);
});
