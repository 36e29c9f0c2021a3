import type { AgentClient } from '#guest/agent-client.ts';
import type { RuntimeSpec } from '#oci/runtime-spec.ts';

const cgroupMount = '/sys/fs/cgroup';

/** The container's directory of cgroup2. */
export function cgroupOf(spec: RuntimeSpec): string {
  return `${cgroupMount}${spec.linux.cgroupsPath}`;
}

/** Ends all that is in it and below. Nothing happens if it has gone. */
export async function killCgroup(agent: AgentClient, directory: string): Promise<void> {
  if (!(await agent.files.exists(directory))) return;
  await agent.files.write(`${directory}/cgroup.kill`, '1');
}

/** With all that may still be in it. */
export async function removeCgroup(agent: AgentClient, directory: string): Promise<void> {
  await killCgroup(agent, directory);
  await agent.files.remove(directory, { missing: 'ignore' });
}
