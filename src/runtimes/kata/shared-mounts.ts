import type { MountSpec } from '#oci/runtime-spec.ts';
import { type ContainerPaths, guestShare, guestShm } from './kata-paths.ts';

/** What of the node's files a container is to see, and where its machine has them. */
export interface SharedMount {
  /** On the node. */
  source: string;
  /** In the directory that the VMM serves. */
  target: string;
  readonly: boolean;
}

/**
 * The container's mounts as they are within its machine: what is bound from the node goes through the shared
 * directory under a name of its own (src/runtime-rs/crates/resource/src/volume/share_fs_volume.rs), the rest is the
 * guest's kernel's.
 */
export function shareMounts(
  mounts: readonly MountSpec[],
  paths: ContainerPaths,
): { mounts: MountSpec[]; shared: SharedMount[] } {
  const shared: SharedMount[] = [];
  const inside = mounts.map((mount, i) => {
    if (!isBind(mount)) return mount;
    // The sandbox's shared memory is memory of the machine.
    if (mount.destination === '/dev/shm') return { ...mount, source: guestShm };
    const name = `${paths.id}-${i.toString(16).padStart(8, '0')}-${mount.destination.split('/').at(-1) ?? ''}`;
    shared.push({
      source: mount.source,
      target: `${paths.sandbox.shared}/${name}`,
      readonly: mount.options.some((option) => option === 'ro' || option === 'rro'),
    });
    return { ...mount, source: `${guestShare}/${name}` };
  });
  return { mounts: inside, shared };
}

function isBind({ type, options }: MountSpec): boolean {
  return type === 'bind' || options.includes('bind') || options.includes('rbind');
}
