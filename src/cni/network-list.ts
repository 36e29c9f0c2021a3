import { SandglassError, asSandglassError } from '#base/errors.ts';
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

const extensions = ['.conf', '.conflist', '.json'];

/** What the node's configuration says now: a network, or why there is none. */
export type NetworkConfiguration =
  { list: NetworkList; problem?: never } | { problem: string; list?: never };

/** Reads the node's configuration, and again when one of its files has changed. */
export class NetworkConfigurationReader {
  readonly #agent: AgentClient;
  /** What tells that nothing has changed since it was read. */
  #seen: string | undefined;
  #current: NetworkConfiguration = { problem: '' };

  constructor(agent: AgentClient) {
    this.#agent = agent;
  }

  async current(): Promise<NetworkConfiguration> {
    const files = await this.#files();
    const seen = files
      .map(({ name, inode, size, modified }) => `${name} ${inode} ${size} ${modified}`)
      .join('\n');
    if (seen === this.#seen) return this.#current;
    this.#current = await this.#load(files[0]?.name);
    this.#seen = seen;
    return this.#current;
  }

  async #files() {
    try {
      const entries = await this.#agent.files.list(configurationDirectory);
      return entries.filter(({ name }) => extensions.some((extension) => name.endsWith(extension)));
    } catch (error) {
      if (asSandglassError(error).code === 'not-found') return [];
      throw error;
    }
  }

  async #load(name: string | undefined): Promise<NetworkConfiguration> {
    if (name === undefined) {
      const where = `no network config found in ${configurationDirectory}`;
      return { problem: loadProblem(`${where}: cni plugin not initialized`) };
    }
    const path = `${configurationDirectory}/${name}`;
    try {
      return { list: parseNetworkFile(await this.#agent.files.readText(path), path) };
    } catch (error) {
      const { code, message } = asSandglassError(error);
      if (code !== 'failed-precondition' && code !== 'not-found') throw error;
      return { problem: loadProblem(message) };
    }
  }
}

/** As containerd shows it (containerd/go-cni, cni.go, Load). */
function loadProblem(why: string): string {
  return `cni config load failed: ${why}: failed to load cni config`;
}

/** A list, or one plugin's configuration, which is a list of one (containerd/go-cni, opts.go, loadFromConfDir). */
export function parseNetworkFile(text: string, path: string): NetworkList {
  const isList = path.endsWith('.conflist');
  const file = `CNI config${isList ? ' list' : ''} file ${path}`;
  const invalid = (why: string, cause?: unknown) =>
    new SandglassError('failed-precondition', `${why}: invalid cni config`, { cause });
  const kind = `error parsing configuration${isList ? ' list' : ''}`;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    const why = asSandglassError(cause).message;
    throw invalid(`failed to load ${file}: ${kind}: ${why}`, cause);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw invalid(`failed to load ${file}: ${kind}: it is no object`);
  }
  if (!isList) {
    const plugin = parsed as PluginConfiguration & { name?: string; cniVersion?: string };
    const { type, name = '', cniVersion = defaultVersion } = plugin;
    if (typeof type !== 'string' || type === '') throw invalid(`network type not found in ${path}`);
    return { cniVersion, name, plugins: [plugin] };
  }
  const problem = problemOf(parsed);
  if (problem !== undefined) throw invalid(`failed to load ${file}: ${kind}: ${problem}`);
  const {
    cniVersion = defaultVersion,
    name,
    plugins,
  } = parsed as Omit<NetworkList, 'cniVersion'> & Partial<NetworkList>;
  return { cniVersion, name, plugins };
}

const defaultVersion = '0.2.0';

/** libcni, api.go and conf.go, ConfListFromBytes */
function problemOf(list: { name?: unknown; plugins?: unknown }): string | undefined {
  const { name, plugins } = list;
  if (name === undefined) return 'no name';
  if (typeof name !== 'string') return `invalid name type ${typeof name}`;
  if (plugins === undefined) return "no 'plugins' key";
  if (!Array.isArray(plugins)) return `invalid 'plugins' type ${typeof plugins}`;
  if (plugins.length === 0) return 'no plugins in list';
  const at = plugins.findIndex((plugin) => typeof (plugin as { type?: unknown }).type !== 'string');
  return at < 0 ? undefined : `failed to parse plugin config ${at}: missing 'type'`;
}
