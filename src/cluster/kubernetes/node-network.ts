import { SandglassError } from '#base/errors.ts';
import type { AgentClient } from '#guest/agent-client.ts';

/** The node's address on the network of nodes, and that network. */
export const nodeAddress = '192.168.64.2';
const nodeNetwork = `${nodeAddress}/24`;
/** The addresses of the node's pods, as a cluster of one node would give them out. */
const podNetwork = '10.244.0.0/24';

/** What a network add-on would put onto the node. */
const networkList = {
  cniVersion: '1.0.0',
  name: 'sandglass',
  plugins: [
    {
      type: 'bridge',
      bridge: 'cni0',
      isGateway: true,
      hairpinMode: true,
      ipam: {
        type: 'host-local',
        ranges: [[{ subnet: podNetwork }]],
        routes: [{ dst: '0.0.0.0/0' }],
      },
    },
    { type: 'portmap', capabilities: { portMappings: true } },
  ],
};

const configurationFile = '/etc/cni/net.d/10-sandglass.conflist';

/** Gives the node its address and its pods' network, unless it has them. */
export async function prepareNetwork(agent: AgentClient): Promise<void> {
  if (await agent.files.exists(configurationFile)) return;
  const commands = [
    `ip address replace ${nodeNetwork} dev eth0`,
    'ip link set eth0 up',
    'echo 1 > /proc/sys/net/ipv4/ip_forward',
  ];
  const argv = ['sh', '-ec', commands.join('\n')];
  const { exit, stderr } = await agent.run({ argv });
  if (exit.code !== 0) {
    const said = new TextDecoder().decode(stderr).trim();
    throw new SandglassError('internal', `The node got no network: ${said}`);
  }
  await agent.files.makeDirectory('/etc/cni/net.d', { parents: true });
  await agent.files.write(configurationFile, JSON.stringify(networkList, undefined, 2));
}
