import { SandglassError } from '#base/errors.ts';

/** One file of the guest's images. `path` is relative to the guest directory. */
export interface GuestAsset {
  name: string;
  path: string;
  bytes: number;
  /** Lower-case hex. */
  sha256: string;
}

/** A Debian package whose files are in the images. */
export interface GuestPackage {
  name: string;
  version: string;
  architecture: string;
  /** The source package, where the licence and the source are. */
  source: string;
  sourceVersion: string;
}

/** `guest/manifest.json`: what the images consist of. Written by images/, read by the page and the headless host. */
export interface GuestManifest {
  version: 1;
  assets: GuestAsset[];
  packages: GuestPackage[];
}

export function parseManifest(text: string): GuestManifest {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new SandglassError('data-loss', 'The guest manifest is not JSON.', { cause });
  }
  const manifest = parsed as Partial<GuestManifest> | null;
  if (manifest?.version !== 1) {
    throw new SandglassError(
      'data-loss',
      'The guest manifest has a version this page does not know.',
    );
  }
  if (!Array.isArray(manifest.assets) || !manifest.assets.every(isAsset)) {
    throw new SandglassError('data-loss', 'The guest manifest lists no valid assets.');
  }
  return manifest as GuestManifest;
}

function isAsset(value: unknown): value is GuestAsset {
  const asset = value as Partial<GuestAsset> | null;
  return (
    typeof asset?.name === 'string' &&
    typeof asset.path === 'string' &&
    // Relative and inside the guest directory, whoever wrote the manifest.
    !/(^|\/)\.\.(\/|$)|^\/|:/.test(asset.path) &&
    Number.isSafeInteger(asset.bytes) &&
    /^[0-9a-f]{64}$/.test(asset.sha256 ?? '')
  );
}
