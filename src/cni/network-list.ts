import { SandglassError } from '#base/errors.ts';
import type { AgentClient } from '#guest/agent-client.ts';

/** A network configuration list (containernetworking/cni, SPEC.md, section 1). */
export interface NetworkList {
  cniVersion: string;
  name: string;
  plugins: readonly PluginConfiguration[];
}

export interface PluginConfiguration {
  type: string;
  capabilities?: Readonly<Record<string, boolean>>;
  [key: string]: unknown;
}

/** Where container runtimes look for it: the first file by name counts. */
export const configurationDirectory = '/etc/cni/net.d';

/** The node's network; undefined as long as nobody has configured one. */
export async function loadNetworkList(agent: AgentClient): Promise<NetworkList | undefined> {
  if (!(await agent.files.exists(configurationDirectory))) return undefined;
  const entries = await agent.files.list(configurationDirectory);
  const first = entries.find(({ name }) => name.endsWith('.conflist'));
  if (!first) return undefined;
  const path = `${configurationDirectory}/${first.name}`;
  return parseNetworkList(await agent.files.readText(path), path);
}

export function parseNetworkList(text: string, path: string): NetworkList {
  const problem = (what: string) =>
    new SandglassError('failed-precondition', `The network configuration ${path} ${what}.`);
  let list: Partial<NetworkList>;
  try {
    list = JSON.parse(text) as Partial<NetworkList>;
  } catch (cause) {
    throw new SandglassError('failed-precondition', problem('is no JSON').message, { cause });
  }
  const { cniVersion = '0.2.0', name, plugins } = list;
  if (typeof name !== 'string' || name === '') throw problem('names no network');
  if (!Array.isArray(plugins) || plugins.length === 0) throw problem('lists no plugin');
  if (plugins.some((plugin: Partial<PluginConfiguration>) => typeof plugin.type !== 'string')) {
    throw problem('has a plugin without a type');
  }
  return { cniVersion, name, plugins };
}
