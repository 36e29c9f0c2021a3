import type { Clock } from '#base/clock.ts';
import { SandglassError, asSandglassError } from '#base/errors.ts';
import type { TraceBus } from '#base/trace.ts';
import type { TraceLinks } from '#base/trace-records.ts';
import type { AgentClient } from '#guest/agent-client.ts';
import type { RunOptions } from '#guest/run.ts';
import type { NetworkList, PluginConfiguration } from './network-list.ts';
import { type PluginCommand, pluginComplaint, pluginFailure } from './plugin-error.ts';

/** What ADD gives (SPEC.md, section 5). */
export interface CniResult {
  cniVersion: string;
  interfaces?: { name: string; mac?: string; sandbox?: string }[];
  ips?: { address: string; gateway?: string; interface?: number }[];
  routes?: { dst: string; gw?: string }[];
  dns?: unknown;
}

export interface PortMapping {
  hostPort: number;
  containerPort: number;
  protocol: 'tcp' | 'udp' | 'sctp';
  hostIP?: string;
}

/** What is to be joined to the network: a namespace, for a container's id. */
export interface Attachment {
  containerId: string;
  /** A path such as /run/netns/cni-…; empty if the namespace has gone. */
  netns: string;
  portMappings: readonly PortMapping[];
  /** As plugins are told of the pod: K8S_POD_NAME and the like. */
  arguments: Readonly<Record<string, string>>;
  links: TraceLinks;
}

const interfaceName = 'eth0';
const pluginPath = '/opt/cni/bin';
/** As libcni keeps them, for the DEL that may come in a later life. */
const resultDirectory = '/var/lib/cni/results';

export interface CniNetworkOptions {
  agent: AgentClient;
  clock: Clock;
  trace: TraceBus;
}

/** Joins network namespaces to one network, by the node's own plugins. */
export class CniNetwork {
  readonly #options: CniNetworkOptions;
  #list: NetworkList;
  /** Failed attachments that could not be undone, by container: what they hold is given back later. */
  readonly #owed = new Map<string, Attachment>();

  constructor(list: NetworkList, options: CniNetworkOptions) {
    this.#list = list;
    this.#options = options;
  }

  /** Bytes of a frame's payload that the first plugin gives its interfaces; its own choice is Ethernet's. */
  get mtu(): number {
    const mtu = this.#list.plugins[0]?.['mtu'];
    return typeof mtu === 'number' ? mtu : 1500;
  }

  /** From now on it is another one; what is owed stays so. */
  configure(list: NetworkList): void {
    this.#list = list;
  }

  get name(): string {
    return this.#list.name;
  }

  async add(attachment: Attachment, signal?: AbortSignal): Promise<CniResult> {
    await this.#settleOwed();
    let result: CniResult | undefined;
    for (const plugin of this.#pluginsFor(attachment)) {
      result = await this.#invoke('ADD', plugin, attachment, result, signal);
    }
    if (!result) throw new SandglassError('internal', `No plugin of ${this.name} gave a result.`);
    await this.#keepResult(attachment, result);
    return result;
  }

  /** Nothing is left afterwards, even if the namespace has gone or was never joined. */
  async delete(attachment: Attachment): Promise<void> {
    const { agent } = this.#options;
    const file = this.#resultFile(attachment.containerId);
    const kept = await this.#keptResult(file);
    for (const plugin of this.#pluginsFor(attachment).reverse()) {
      await this.#invoke('DEL', plugin, attachment, kept);
    }
    await agent.files.remove(file, { missing: 'ignore' });
  }

  /** Leaves it to the next ADD to undo a failed one, whose sandbox nobody will ask for again. */
  owe(attachment: Attachment): void {
    this.#owed.set(attachment.containerId, { ...attachment, netns: '' });
  }

  /** As far as the plugins work again. */
  async #settleOwed(): Promise<void> {
    try {
      for (const [id, attachment] of this.#owed) {
        await this.delete(attachment);
        this.#owed.delete(id);
      }
    } catch {
      // What is left stays owed; the trace has why.
    }
  }

  /** portmap has nothing to do, and need not be started, where there is no port to map. */
  #pluginsFor({ portMappings }: Attachment): PluginConfiguration[] {
    return this.#list.plugins.filter(({ type }) => type !== 'portmap' || portMappings.length > 0);
  }

  async #invoke(
    command: PluginCommand,
    plugin: PluginConfiguration,
    attachment: Attachment,
    previous: CniResult | undefined,
    signal?: AbortSignal,
  ): Promise<CniResult | undefined> {
    const { clock, trace } = this.#options;
    const begin = clock.now();
    const configuration = this.#configurationOf(plugin, attachment, previous);
    let pid: number | undefined;
    const onStart = (started: number) => {
      pid = started;
      trace.processes.announce(started, attachment.links);
    };
    const record = (outcome: { result?: unknown; error?: { code: string; message: string } }) =>
      trace.emit({
        kind: 'cni',
        command,
        plugin: plugin.type,
        netns: attachment.netns,
        configuration,
        milliseconds: clock.now() - begin,
        ...outcome,
        ...attachment.links,
        ...(pid !== undefined && { pid }),
      });
    try {
      const result = await this.#run(command, plugin.type, attachment, {
        input: JSON.stringify(configuration),
        onStart,
        ...(signal && { signal }),
      });
      record({ result });
      return result;
    } catch (thrown) {
      const error = asSandglassError(thrown);
      record({ error: { code: error.code, message: error.message } });
      throw error;
    }
  }

  #configurationOf(
    { capabilities, ...plugin }: PluginConfiguration,
    { portMappings }: Attachment,
    prevResult: CniResult | undefined,
  ): Record<string, unknown> {
    const { cniVersion, name } = this.#list;
    const mapped = capabilities?.['portMappings'] === true && portMappings.length > 0;
    return {
      ...plugin,
      cniVersion,
      name,
      ...(prevResult && { prevResult }),
      ...(mapped && { runtimeConfig: { portMappings } }),
    };
  }

  async #run(
    command: PluginCommand,
    type: string,
    attachment: Attachment,
    options: RunOptions,
  ): Promise<CniResult | undefined> {
    const { agent } = this.#options;
    const argv = [`${pluginPath}/${type}`];
    const { exit, stdout, stderr } = await agent
      .run({ argv, env: environmentOf(command, attachment) }, options)
      .catch((error: unknown) => {
        if (asSandglassError(error).code !== 'not-found') throw error;
        const why = `failed to find plugin "${type}" in path [${pluginPath}]`;
        throw pluginFailure(command, type, why, error);
      });
    const output = new TextDecoder().decode(stdout);
    if (exit.code !== 0) {
      const complaint = pluginComplaint(exit, output, new TextDecoder().decode(stderr));
      throw pluginFailure(command, type, complaint);
    }
    return command === 'ADD' ? (JSON.parse(output) as CniResult) : undefined;
  }

  #resultFile(containerId: string): string {
    return `${resultDirectory}/${this.name}-${containerId}-${interfaceName}`;
  }

  async #keepResult(attachment: Attachment, result: CniResult): Promise<void> {
    const { files } = this.#options.agent;
    await files.makeDirectory(resultDirectory, { parents: true });
    const file = this.#resultFile(attachment.containerId);
    await files.write(file, JSON.stringify(result), { atomic: true });
  }

  /** Plugins find their way without it, so a damaged one does not keep them from it. */
  async #keptResult(file: string): Promise<CniResult | undefined> {
    try {
      return JSON.parse(await this.#options.agent.files.readText(file)) as CniResult;
    } catch (error) {
      if (error instanceof SyntaxError) return undefined;
      if (error instanceof SandglassError && error.code === 'not-found') return undefined;
      throw error;
    }
  }
}

/** A small environment: what the protocol asks for and where iptables is. */
function environmentOf(command: PluginCommand, attachment: Attachment): Record<string, string> {
  const pairs = Object.entries(attachment.arguments).map(([name, value]) => `${name}=${value}`);
  return {
    PATH: '/usr/sbin:/usr/bin',
    CNI_COMMAND: command,
    CNI_CONTAINERID: attachment.containerId,
    CNI_NETNS: attachment.netns,
    CNI_IFNAME: interfaceName,
    CNI_PATH: pluginPath,
    CNI_ARGS: pairs.join(';'),
    // They live for a fraction of a second: nothing is worth collecting. And Go interrupts what computes
    // for 10 ms, which on the emulated CPU is everything.
    GOGC: 'off',
    GODEBUG: 'asyncpreemptoff=1',
  };
}
