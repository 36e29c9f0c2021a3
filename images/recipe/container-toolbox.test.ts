import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ContainerToolbox } from './container-toolbox.ts';
import { silentProgress } from './progress.ts';

let folder: string;
let engine: string;

/**
 * Stands in for docker: `run` names a container, `exec` runs the command here after what `-u`, `-w`
 * and `-e` ask for, and every call is written down.
 */
const standIn = `#!/bin/bash
echo "$*" >> "$(dirname "$0")/calls"
case $1 in
run) echo container-1 ;;
exec)
  shift
  while :; do
    case $1 in
    -i) shift ;;
    -u) shift 2 ;;
    -w) cd "$2"; shift 2 ;;
    -e) export "$2"; shift 2 ;;
    *) break ;;
    esac
  done
  shift
  case $1 in apt-get | chmod) exit 0 ;; esac
  exec "$@"
  ;;
esac
`;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'images-test-'));
  engine = path.join(folder, 'docker');
  await writeFile(engine, standIn, { mode: 0o755 });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const calls = async () => (await readFile(path.join(folder, 'calls'), 'utf8')).trim().split('\n');

test('commands run in one container, in their folder, as the user who builds', async () => {
  const toolbox = new ContainerToolbox(engine, ['/checkout', '/cache'], silentProgress);
  const script = 'pwd; echo "$COLOUR"; cat';
  const options = { cwd: folder, env: { COLOUR: 'green' }, input: Buffer.from('input') };
  const { output } = await toolbox.run('sh', ['-c', script], options);
  expect(output.toString()).toBe(`${folder}\ngreen\ninput`);
  await toolbox.run('true', []);
  await toolbox.close();
  const made = await calls();
  const started = made.filter((call) => call.startsWith('run '));
  expect(started).toHaveLength(1);
  expect(started[0]).toContain('-v /checkout:/checkout -v /cache:/cache');
  expect(started[0]).toContain('debian:12');
  const user = `-u ${String(process.getuid?.())}:${String(process.getgid?.())}`;
  expect(made.filter((call) => call.includes(user) && / (sh|true)\b/.test(call))).toHaveLength(2);
  expect(made.at(-1)).toBe('rm -f container-1');
});

test('nothing is started or removed when no command ran', async () => {
  await new ContainerToolbox(engine, [], silentProgress).close();
  await expect(calls()).rejects.toThrow(/ENOENT/);
});
