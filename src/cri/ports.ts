/** The part of an OCI image's configuration that a container inherits (image-spec, config.md). */
export interface ImageConfig {
  User?: string;
  Env?: readonly string[];
  Entrypoint?: readonly string[];
  Cmd?: readonly string[];
  WorkingDir?: string;
  StopSignal?: string;
  Volumes?: Readonly<Record<string, unknown>>;
}

/** An image on the node, unpacked. */
export interface LocalImage {
  /** sha256:… of its configuration. */
  id: string;
  repoTags: readonly string[];
  repoDigests: readonly string[];
  /** Directories on the node, lowest first; never written to. */
  layers: readonly string[];
  config: ImageConfig;
}

/** The node's images, as far as containers need them. */
export interface ImageStore {
  /** By id, tag or digest; undefined if it is not on the node. */
  find(reference: string): Promise<LocalImage | undefined>;
  /** Fetches it unless it is there. */
  ensure(reference: string, signal?: AbortSignal): Promise<LocalImage>;
  /** Removes the layers that neither an image nor a container or sandbox needs any more. */
  collectLayers(): Promise<void>;
}
