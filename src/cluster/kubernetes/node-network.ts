import { SandglassError } from '#base/errors.ts';
import type { AgentClient } from '#guest/agent-client.ts';

/** The node's address on the network of nodes. Its pods' network is in the image (images/rootfs). */
export const nodeAddress = '192.168.64.2';

/** Without an address of its own a node cannot tell where it is reached. */
export async function prepareNetwork(agent: AgentClient): Promise<void> {
  const commands = [
    // Not iproute2's, which comes over 9P with eight libraries: a megabyte and a half before anything else.
    `busybox ip address replace ${nodeAddress}/24 dev eth0`,
    'busybox ip link set eth0 up',
    // Between pods and the node, as every network add-on wants it.
    'echo 1 > /proc/sys/net/ipv4/ip_forward',
  ];
  const { exit, stderr } = await agent.run({ argv: ['sh', '-ec', commands.join('\n')] });
  if (exit.code === 0) return;
  const said = new TextDecoder().decode(stderr).trim();
  throw new SandglassError('internal', `The node got no network: ${said}`);
}
