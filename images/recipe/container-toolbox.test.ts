import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ContainerToolbox } from './container-toolbox.ts';
import { silentProgress } from './progress.ts';

let folder: string;
let engine: string;

/**
 * Stands in for docker: refuses any flag but those used, as docker does, with 125; knows one container,
 * from `run` to `rm`; runs the command of `exec` here, with the environment and the folder that `exec` was
 * told of and no others, and with standard input only if it asked for it. Every call is written down.
 */
const standIn = `#!/bin/bash
here=$(dirname "$0")
printf '%s\\n' "$*" >> "$here/calls"
refuse() { echo "$*" >&2; exit 125; }
what=$1; shift
case $what in
--version) cat "$here/version" ;;
run)
  mounts=
  while [[ $1 = -* ]]; do
    case $1 in
    -d | --rm | --init | --userns=keep-id) shift ;;
    --security-opt) [ "$2" = label=disable ] || refuse "invalid --security-opt: $2"; shift 2 ;;
    -v)
      [[ $2 =~ ^(/[^:]*|[a-zA-Z0-9][a-zA-Z0-9_.-]+):(/[^:]*)$ ]] || refuse "invalid volume: $2"
      mounts+=" \${BASH_REMATCH[2]}"; shift 2 ;;
    *) refuse "unknown flag: $1" ;;
    esac
  done
  [ "$*" = 'debian:12 sleep infinity' ] || refuse "nothing that would stay: $*"
  echo "$mounts" > "$here/container-1"
  echo container-1 ;;
exec)
  settings=() folder=/ input=
  while [[ $1 = -* ]]; do
    case $1 in
    -i) input=1; shift ;;
    -u) [[ $2 =~ ^[0-9]+:[0-9]+$ ]] || refuse "no such user: $2"; shift 2 ;;
    -w) folder=$2; shift 2 ;;
    -e) settings+=("$2"); shift 2 ;;
    *) refuse "unknown flag: $1" ;;
    esac
  done
  mounts=$(cat "$here/$1" 2> /dev/null) || refuse "No such container: $1"
  shift
  case $1 in apt-get | chmod) exit 0 ;; esac
  if [ "$folder" != / ]; then
    for mount in $mounts; do [[ $folder/ = "$mount"/* ]] && inside=1; done
    [ "$inside" ] && cd "$folder" || { echo "chdir to cwd: no such file or directory" >&2; exit 126; }
  fi
  [ "$input" ] || exec < /dev/null
  exec env -i PATH="$PATH" "\${settings[@]}" "$@" ;;
rm)
  [ "$1" = -f ] || refuse "the container runs"
  rm "$here/$2" ;;
*) refuse "unknown command: $what" ;;
esac
`;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'images-test-'));
  engine = path.join(folder, 'docker');
  await writeFile(engine, standIn, { mode: 0o755 });
  await callItself('Docker version 28.2.2, build e6534b4');
});
afterEach(() => vi.restoreAllMocks());
afterEach(() => rm(folder, { recursive: true, force: true }));

const callItself = (name: string) => writeFile(path.join(folder, 'version'), `${name}\n`);
const calls = async () => (await readFile(path.join(folder, 'calls'), 'utf8')).trim().split('\n');

test('commands run in one container, in their folder, as the user who builds', async () => {
  const toolbox = new ContainerToolbox(engine, ['/checkout', folder], silentProgress);
  const script = 'pwd; echo "$COLOUR$HOME"; cat';
  const options = { cwd: folder, env: { COLOUR: 'green' }, input: Buffer.from('input') };
  const { output } = await toolbox.run('sh', ['-c', script], options);
  expect(output.toString()).toBe(`${folder}\ngreen\ninput`);
  await toolbox.run('true', []);
  await toolbox.close();
  const made = await calls();
  const started = made.filter((call) => call.startsWith('run '));
  expect(started).toHaveLength(1);
  expect(started[0]).toContain(`-v /checkout:/checkout -v ${folder}:${folder}`);
  const user = `-u ${String(process.getuid?.())}:${String(process.getgid?.())}`;
  expect(made.filter((call) => call.includes(user) && / (sh|true)\b/.test(call))).toHaveLength(2);
  expect(made.at(-1)).toBe('rm -f container-1');
});

test('a folder that is not mounted is no place for a command', async () => {
  const toolbox = new ContainerToolbox(engine, ['/checkout'], silentProgress);
  await expect(toolbox.run('true', [], { cwd: folder })).rejects.toThrow(/chdir/);
});

test.each([
  ['Docker version 28.2.2', 1000, false],
  ['podman version 4.3.1', 1000, true],
  ['podman version 4.3.1', 0, false],
])('%s of user %i keeps our user ids by a mapping: %s', async (name, user, mapped) => {
  await callItself(name);
  vi.spyOn(process, 'getuid').mockReturnValue(user);
  await new ContainerToolbox(engine, [], silentProgress).run('true', []);
  const started = (await calls()).find((call) => call.startsWith('run '));
  expect(started?.includes('--userns=keep-id')).toBe(mapped);
});

test('nothing is started or removed when no command ran', async () => {
  await new ContainerToolbox(engine, [], silentProgress).close();
  await expect(calls()).rejects.toThrow(/ENOENT/);
});
