import { SandglassError, asSandglassError } from '#base/errors.ts';
import { apiVersionOf, type GroupVersionKind, type Resource, type Verb } from '#kube/resources.ts';
import { failureOf } from '#kube/client/response.ts';
import { quote } from '#kube/go-text.ts';
import type { KubeClient } from '#kube/client/client.ts';
import { ExitError, failure } from '#cli/command/errors.ts';

interface DiscoveredResource {
  resource: string;
  responseKind: GroupVersionKind;
  scope: 'Namespaced' | 'Cluster';
  singularResource: string;
  verbs: Verb[];
  shortNames?: string[];
  categories?: string[];
  subresources?: { subresource: string; verbs: Verb[] }[];
}

interface DiscoveredGroup {
  metadata: { name: string };
  versions: { version: string; resources?: DiscoveredResource[] }[];
}

const accept =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';

/** What the server serves, asked for once (client-go, discovery and restmapper). */
export class Discovery {
  readonly #client: KubeClient;
  readonly #signal: AbortSignal;
  readonly #warn: (text: string) => Promise<void>;
  #resources: Promise<Resource[]> | undefined;

  constructor(client: KubeClient, signal: AbortSignal, warn: (text: string) => Promise<void>) {
    this.#client = client;
    this.#signal = signal;
    this.#warn = warn;
  }

  /** In the server's order of groups, which is their priority. */
  resources(): Promise<Resource[]> {
    this.#resources ??= this.#ask();
    return this.#resources;
  }

  /** `v1`, `node.k8s.io/v1`, …: every version that is served. */
  async versions(): Promise<string[]> {
    return [...new Set((await this.resources()).map(apiVersionOf))];
  }

  /** Of an argument such as `po`, `pods.v1`, `nodes.metrics.k8s.io` or `Pod` (cli-runtime, Builder.mappingFor). */
  async resourceFor(argument: string): Promise<Resource> {
    const all = await this.resources();
    const [resource = '', ...rest] = argument.toLowerCase().split('.');
    const group = rest.join('.');
    const versioned = { version: rest[0] ?? '', group: rest.slice(1).join('.') };
    // Two parts are a resource and a group; a version is only looked for among three (schema.ParseResourceArg).
    const found =
      (rest.length > 1
        ? await this.#named(all, resource, versioned.group, versioned.version)
        : undefined) ?? (await this.#named(all, resource, group, ''));
    if (found) return found;
    throw failure(`the server doesn't have a resource type ${quote(argument.split('.')[0] ?? '')}`);
  }

  /** The same for commands that say so in other words (kubectl, pkg/cmd/util/helpers.go, NoResourceMatchError). */
  async exactResourceFor(argument: string): Promise<Resource> {
    try {
      return await this.resourceFor(argument);
    } catch (error) {
      if (this.#signal.aborted) throw error;
      throw new ExitError(1, asSandglassError(error).message);
    }
  }

  /** Of an object's own words; `undefined` if it is not served. */
  async resourceOfKind(apiVersion: string, kind: string): Promise<Resource | undefined> {
    const all = await this.resources();
    return all.find((one) => one.kind === kind && apiVersionOf(one) === apiVersion);
  }

  /** Members of a category such as `all`; `undefined` if there is none. */
  async category(name: string): Promise<Resource[] | undefined> {
    const members = (await this.resources()).filter(({ categories }) => categories.includes(name));
    return members.length === 0 ? undefined : members;
  }

  /** By plural, singular or kind first, then by short name; groups may be cut short. */
  async #named(
    all: readonly Resource[],
    name: string,
    group: string,
    version: string,
  ): Promise<Resource | undefined> {
    const candidates = all.filter((one) => version === '' || one.version === version);
    const inGroup = (exact: boolean) =>
      candidates.filter(
        (one) => group === '' || (exact ? one.group === group : one.group.startsWith(group)),
      );
    for (const among of [inGroup(true), inGroup(false)]) {
      const full = among.find(
        (one) => one.resource === name || one.singular === name || one.kind.toLowerCase() === name,
      );
      if (full) return full;
      const short = among.filter(({ shortNames }) => shortNames.includes(name));
      await this.#warnAmbiguous(name, short);
      if (short[0]) return short[0];
    }
    return undefined;
  }

  /** restmapper, shortcut.go, expandResourceShortcut */
  async #warnAmbiguous(name: string, [first, ...others]: readonly Resource[]): Promise<void> {
    for (const { resource, group } of others) {
      if (resource === first?.resource && group === first.group) continue;
      const text = group === '' ? resource : `${resource}.${group}`;
      await this.#warn(
        `short name ${quote(name)} could also match lower priority resource ${text}`,
      );
    }
  }

  async #ask(): Promise<Resource[]> {
    const lists = await Promise.all(['/api', '/apis'].map((path) => this.#groups(path)));
    return lists
      .flat()
      .flatMap(({ metadata, versions }) =>
        versions.flatMap(({ version, resources = [] }) =>
          resources.map((one) => resourceOf(metadata.name, version, one)),
        ),
      );
  }

  async #groups(path: string): Promise<DiscoveredGroup[]> {
    const response = await this.#client.request(path, {
      headers: { accept },
      signal: this.#signal,
    });
    if (!response.ok) throw await failureOf(response);
    const list = (await response.json()) as { kind?: string; items?: DiscoveredGroup[] };
    if (list.kind !== 'APIGroupDiscoveryList') {
      throw new SandglassError('unimplemented', 'The server has no aggregated discovery.');
    }
    return list.items ?? [];
  }
}

function resourceOf(group: string, version: string, found: DiscoveredResource): Resource {
  const { kind } = found.responseKind;
  return {
    group,
    version,
    resource: found.resource,
    singular: found.singularResource,
    kind,
    listKind: `${kind}List`,
    definition: kind,
    namespaced: found.scope === 'Namespaced',
    shortNames: found.shortNames ?? [],
    categories: found.categories ?? [],
    verbs: found.verbs,
    subresources: (found.subresources ?? []).map(({ subresource, verbs }) => ({
      name: subresource,
      verbs,
      kind: found.responseKind,
    })),
  };
}
