import type { PodRef, TraceLinks } from '#base/trace-records.ts';

type Metadata = Partial<Record<'name' | 'namespace' | 'uid', string>>;

/** The fields of the CRI's messages that say what a call is about, as protobuf's JSON names them. */
interface About {
  podSandboxId?: string;
  containerId?: string;
  id?: string;
  config?: { metadata?: Metadata };
  sandboxConfig?: { metadata?: Metadata };
  items?: readonly { id?: string; metadata?: Metadata }[];
  containers?: readonly { id?: string; podSandboxId?: string }[];
}

/**
 * What CRI calls are about. Most name a sandbox or a container by its id alone; whose it is was said by an
 * earlier call: the one that made it, or, in an earlier life, by a list.
 */
export class CallLinks {
  readonly #podOfSandbox = new Map<string, PodRef>();
  readonly #sandboxOfContainer = new Map<string, string>();

  /** Of a request, or, with what the response tells besides, of a whole call. */
  of(request: unknown, response?: unknown): TraceLinks {
    const about = { ...(request as About), ...withoutLists(response) };
    const { config, sandboxConfig } = about;
    const containerId = wholeId(about.containerId, this.#sandboxOfContainer);
    const sandboxId =
      wholeId(about.podSandboxId, this.#podOfSandbox) ??
      this.#sandboxOfContainer.get(containerId ?? '');
    const pod =
      podRef({ ...config?.metadata, ...sandboxConfig?.metadata }) ??
      this.#podOfSandbox.get(sandboxId ?? '');
    return {
      ...(sandboxId !== undefined && { sandboxId }),
      ...(containerId !== undefined && { containerId }),
      ...(pod && { pod }),
    };
  }

  /** Takes in what an answered call tells of who belongs to whom. */
  learn(method: string, request: unknown, response: unknown): void {
    const asked = request as About;
    const told = response as About;
    if (method === 'RunPodSandbox') this.#learnSandbox(told.podSandboxId, asked.config?.metadata);
    if (method === 'CreateContainer') this.#learnContainer(told.containerId, asked.podSandboxId);
    for (const { id, metadata } of told.items ?? []) this.#learnSandbox(id, metadata);
    for (const { id, podSandboxId } of told.containers ?? [])
      this.#learnContainer(id, podSandboxId);
    if (method === 'RemovePodSandbox') this.#forgetSandbox(asked.podSandboxId);
    if (method === 'RemoveContainer') {
      this.#sandboxOfContainer.delete(wholeId(asked.containerId, this.#sandboxOfContainer) ?? '');
    }
  }

  /** With its containers, which go with it. */
  #forgetSandbox(asked: string | undefined): void {
    const id = wholeId(asked, this.#podOfSandbox);
    if (id === undefined) return;
    this.#podOfSandbox.delete(id);
    for (const [containerId, sandboxId] of this.#sandboxOfContainer) {
      if (sandboxId === id) this.#sandboxOfContainer.delete(containerId);
    }
  }

  #learnSandbox(id: string | undefined, metadata: Metadata | undefined): void {
    const pod = podRef(metadata);
    if (id !== undefined && pod) this.#podOfSandbox.set(id, pod);
  }

  #learnContainer(id: string | undefined, sandboxId: string | undefined): void {
    if (id !== undefined && sandboxId !== undefined) this.#sandboxOfContainer.set(id, sandboxId);
  }
}

/** Callers may give the beginning of an id, if only one has it; what nobody has told of stays as it is. */
function wholeId(id: string | undefined, known: ReadonlyMap<string, unknown>): string | undefined {
  if (id === undefined || id === '' || known.has(id)) return id;
  const [match, other] = [...known.keys()].filter((each) => each.startsWith(id));
  return other === undefined ? (match ?? id) : id;
}

/** Of a response only what it names by itself: a list's entries are about many. */
function withoutLists(response: unknown): About {
  const { podSandboxId, containerId } = (response ?? {}) as About;
  return {
    ...(podSandboxId !== undefined && { podSandboxId }),
    ...(containerId !== undefined && { containerId }),
  };
}

/** A container's own metadata has neither namespace nor uid. */
function podRef(metadata: Metadata | undefined): PodRef | undefined {
  const { name, namespace, uid } = metadata ?? {};
  if (name === undefined || namespace === undefined || uid === undefined) return undefined;
  return { name, namespace, uid };
}
