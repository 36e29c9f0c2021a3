import { SandglassError } from '#base/errors.ts';
import { parseYaml } from '#kube/schema/decode.ts';
import type { Invocation } from '#cli/ports.ts';
import { failure } from '#cli/command/errors.ts';
import { isObject } from '#cli/text/json.ts';
import { formatYaml } from '#cli/text/yaml.ts';

export interface ConfigContext {
  name: string;
  cluster: string;
  user: string;
  namespace: string | undefined;
}

const builtIn = { name: 'sandglass', cluster: 'sandglass', user: 'admin', namespace: undefined };

/** kubectl's configuration: a built-in context, or what the caller's ~/.kube/config says of contexts and namespaces. */
export class Configuration {
  readonly #invocation: Invocation;
  #file: Promise<Record<string, unknown> | undefined> | undefined;

  constructor(invocation: Invocation) {
    this.#invocation = invocation;
  }

  get path(): string {
    const { env } = this.#invocation;
    const listed = (env['KUBECONFIG'] ?? '').split(':').find((one) => one !== '');
    return listed ?? `${env['HOME'] ?? '/root'}/.kube/config`;
  }

  async namespace(): Promise<string> {
    const current = await this.currentContext();
    const context = (await this.contexts()).find(({ name }) => name === current);
    return context?.namespace ?? 'default';
  }

  async currentContext(): Promise<string> {
    const current = (await this.#read())?.['current-context'];
    return typeof current === 'string' && current !== '' ? current : builtIn.name;
  }

  async contexts(): Promise<ConfigContext[]> {
    const list = (await this.#read())?.['contexts'];
    if (!Array.isArray(list)) return [builtIn];
    return list.filter(isObject).map((entry) => {
      const context = isObject(entry['context']) ? entry['context'] : {};
      const text = (value: unknown) => (typeof value === 'string' ? value : '');
      return {
        name: text(entry['name']),
        cluster: text(context['cluster']),
        user: text(context['user']),
        namespace: text(context['namespace']) || undefined,
      };
    });
  }

  /** As `kubectl config view` shows it. */
  async view(server: string): Promise<Record<string, unknown>> {
    const file = (await this.#read()) ?? {};
    return {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: builtIn.cluster, cluster: { server } }],
      contexts: (await this.contexts()).map(({ name, cluster, user, namespace }) => ({
        name,
        context: { cluster, user, namespace },
      })),
      users: [{ name: builtIn.user, user: {} }],
      ...file,
      'current-context': await this.currentContext(),
    };
  }

  /** Of the context, which must be there. */
  async setNamespace(contextName: string, namespace: string): Promise<void> {
    const contexts = await this.contexts();
    if (!contexts.some(({ name }) => name === contextName)) {
      throw failure(`no context exists with the name: "${contextName}"`);
    }
    await this.#change({
      contexts: contexts.map(({ name, cluster, user, ...rest }) => {
        const own = name === contextName ? namespace : rest.namespace;
        return { name, context: { cluster, user, namespace: own } };
      }),
    });
  }

  async useContext(name: string): Promise<void> {
    if (!(await this.contexts()).some((one) => one.name === name)) {
      throw failure(`no context exists with the name: "${name}"`);
    }
    await this.#change({ 'current-context': name });
  }

  #read(): Promise<Record<string, unknown> | undefined> {
    this.#file ??= this.#load();
    return this.#file;
  }

  async #load(): Promise<Record<string, unknown> | undefined> {
    const { files, signal } = this.#invocation;
    try {
      const text = new TextDecoder().decode(await files.read(this.path, { signal }));
      const { value } = parseYaml(text);
      return isObject(value) ? value : undefined;
    } catch (error) {
      if (error instanceof SandglassError && error.code === 'not-found') return undefined;
      throw error;
    }
  }

  async #change(change: Record<string, unknown>): Promise<void> {
    const config = { apiVersion: 'v1', kind: 'Config', ...(await this.#read()), ...change };
    const { files, signal } = this.#invocation;
    const directory = this.path.replace(/\/[^/]*$/, '');
    await files.makeDirectory(directory, { parents: true, mode: 0o750, signal });
    await files.write(this.path, formatYaml(config), { mode: 0o600, signal });
    this.#file = undefined;
  }
}
