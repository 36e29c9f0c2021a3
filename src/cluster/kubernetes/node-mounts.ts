import { SandglassError } from '#base/errors.ts';
import type { AgentClient } from '#guest/agent-client.ts';
import type { NodeMounts } from '#kubelet/ports.ts';

/** mount(8) and umount(8) on the node. */
export function nodeMounts(agent: AgentClient): NodeMounts {
  return {
    async mount({ type, source, target, options }, signal) {
      const how = type === 'bind' ? [] : ['-t', type];
      const list = [...(type === 'bind' ? ['bind'] : []), ...options].join(',');
      const what = list === '' ? [] : ['-o', list];
      const attempt = `Cannot mount ${source} on ${target}`;
      await runTool(agent, ['mount', ...how, ...what, source, target], attempt, signal);
    },
    async unmount(target, signal) {
      await runTool(agent, ['umount', target], `Cannot unmount ${target}`, signal);
    },
    async list(signal) {
      const text = await agent.files.readText('/proc/self/mountinfo', signal ? { signal } : {});
      return text.split('\n').filter(Boolean).map(parseMountInfo);
    },
  };
}

/** proc(5): id parent major:minor root target options … - type source options. */
export function parseMountInfo(line: string): { target: string; type: string } {
  const [mount = '', fileSystem = ''] = line.split(' - ');
  return { target: unescape(mount.split(' ')[4] ?? ''), type: fileSystem.split(' ')[0] ?? '' };
}

/** Spaces, tabs, newlines and backslashes stand as three octal digits. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_whole, digits: string) =>
    String.fromCharCode(parseInt(digits, 8)),
  );
}

async function runTool(
  agent: AgentClient,
  argv: readonly string[],
  attempt: string,
  signal?: AbortSignal,
): Promise<void> {
  const { exit, stderr } = await agent.run({ argv }, signal ? { signal } : {});
  if (exit.code === 0) return;
  const said = new TextDecoder().decode(stderr).trim();
  const how = exit.signal === undefined ? `code ${exit.code}` : exit.signal;
  throw new SandglassError('internal', `${attempt}: ${said || `${argv[0]} ended with ${how}`}`);
}
