import { SandglassError } from '#base/errors.ts';

/** What a blob is, how long, and its digest (image-spec, descriptor.md). */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: { readonly os: string; readonly architecture: string };
  readonly annotations?: Readonly<Record<string, string>>;
}

/** One image for one platform (image-spec, manifest.md; Docker's schema 2 has the same fields). */
export interface Manifest {
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

/** Images of several platforms (image-spec, image-index.md). */
export interface ManifestIndex {
  readonly manifests: readonly Descriptor[];
}

/** What of a configuration a container inherits (image-spec, config.md). */
export interface ImageDefaults {
  User?: string;
  Env?: readonly string[];
  Entrypoint?: readonly string[];
  Cmd?: readonly string[];
  WorkingDir?: string;
  StopSignal?: string;
  Volumes?: Readonly<Record<string, unknown>>;
  Labels?: Readonly<Record<string, string>>;
  ExposedPorts?: Readonly<Record<string, unknown>>;
}

export interface ImageConfiguration {
  readonly created?: string;
  readonly os: string;
  readonly architecture: string;
  readonly config?: ImageDefaults;
  readonly rootfs: { readonly type: string; readonly diff_ids: readonly string[] };
  readonly history?: readonly Readonly<Record<string, unknown>>[];
}

export const mediaTypes = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
  gzipLayer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  dockerIndex: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
} as const;

/** What the node can run. */
export const platform = { os: 'linux', architecture: '386' } as const;

export function parseJson(bytes: Uint8Array, what: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as unknown;
  } catch (cause) {
    throw new SandglassError('unknown', `${what} is not JSON`, { cause });
  }
}

/** A manifest or an index, told apart by its fields: the media type may be missing. */
export function parseManifest(
  bytes: Uint8Array,
  digest: string,
): { manifest: Manifest } | { index: ManifestIndex } {
  const json = parseJson(bytes, `manifest ${digest}`) as Partial<Manifest & ManifestIndex> | null;
  if (Array.isArray(json?.manifests)) return { index: json as ManifestIndex };
  if (isDescriptor(json?.config) && Array.isArray(json.layers) && json.layers.every(isDescriptor)) {
    return { manifest: json as Manifest };
  }
  throw new SandglassError('not-found', `unexpected media type for ${digest}: not found`);
}

/** Those that are for this node, or do not say what for; at least one. */
export function manifestsForNode({ manifests }: ManifestIndex): [Descriptor, ...Descriptor[]] {
  const [first, ...others] = manifests.filter(
    (candidate) => isDescriptor(candidate) && (!candidate.platform || runsHere(candidate.platform)),
  );
  if (first) return [first, ...others];
  throw noMatch();
}

export function parseConfiguration(bytes: Uint8Array, digest: string): ImageConfiguration {
  const json = parseJson(bytes, `config ${digest}`) as Partial<ImageConfiguration> | null;
  if (!Array.isArray(json?.rootfs?.diff_ids)) {
    throw new SandglassError('unknown', `config ${digest} has no rootfs`);
  }
  const configuration = json as ImageConfiguration;
  if (!runsHere(configuration)) throw noMatch();
  return configuration;
}

/** The layers of a manifest with the digests of their plain contents, lowest first. */
export function layersWithDiffIds(
  manifest: Manifest,
  { rootfs }: ImageConfiguration,
): { descriptor: Descriptor; diffId: string }[] {
  if (manifest.layers.length !== rootfs.diff_ids.length) {
    // client/image.go of containerd
    throw new SandglassError('unknown', 'mismatched image rootfs and manifest layers');
  }
  return manifest.layers.map((descriptor, i) => ({
    descriptor,
    diffId: rootfs.diff_ids[i] ?? '',
  }));
}

function runsHere({ os, architecture }: { os?: string; architecture?: string }): boolean {
  return os === platform.os && architecture === platform.architecture;
}

/** core/images/handlers.go of containerd, LimitManifests */
function noMatch(): SandglassError {
  return new SandglassError('not-found', 'no match for platform in manifest: not found');
}

function isDescriptor(value: unknown): value is Descriptor {
  const descriptor = value as Partial<Descriptor> | null | undefined;
  return (
    /^sha256:[0-9a-f]{64}$/.test(descriptor?.digest ?? '') &&
    Number.isSafeInteger(descriptor?.size ?? 0)
  );
}
