import { SandglassError } from '#base/errors.ts';
import type { AgentClient } from '#guest/agent-client.ts';

/** The program that does on the node what takes system calls (images/guest/shim/main.c). */
const helper = '/usr/lib/sandglass/sandglass-shim';

/** What it prints; rejects with its complaint. */
export async function askHelper(
  agent: AgentClient,
  request: readonly string[],
  signal?: AbortSignal,
): Promise<string> {
  const argv = [helper, ...request];
  const { exit, stdout, stderr } = await agent.run({ argv }, signal ? { signal } : {});
  if (exit.code === 0) return new TextDecoder().decode(stdout);
  throw new SandglassError('unknown', new TextDecoder().decode(stderr).trim());
}

export interface DirectoryUsage {
  bytes: bigint;
  inodes: bigint;
  fileSystem: { bytes: bigint; inodes: bigint; inodesFree: bigint };
}

/** What directories take, in their order; a missing one takes nothing. */
export async function directoryUsage(
  agent: AgentClient,
  directories: readonly string[],
  signal?: AbortSignal,
): Promise<DirectoryUsage[]> {
  if (directories.length === 0) return [];
  const output = await askHelper(agent, ['usage', ...directories], signal);
  return output
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [used = 0n, count = 0n, bytes = 0n, inodes = 0n, inodesFree = 0n] = line
        .split(' ')
        .map(BigInt);
      return { bytes: used, inodes: count, fileSystem: { bytes, inodes, inodesFree } };
    });
}
