import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Plugin } from 'vite';

/**
 * Builds into the page where the guest's images are (`__GUEST_BASE__`) and the digest of their
 * manifest (`__GUEST_MANIFEST_SHA256__`): a cached manifest is then known to be the right one, and an
 * old page never meets new images.
 */
export function guestManifestPlugin(): Plugin {
  return {
    name: 'sandglass-guest-manifest',
    config(config, { command }) {
      const file = path.resolve(config.root ?? '.', 'public/guest/manifest.json');
      if (!existsSync(file)) {
        throw new Error('The guest images are not built yet: run "npm run images" first.');
      }
      const digest = createHash('sha256').update(readFileSync(file)).digest('hex');
      // Seen from the worker's script, which lies in assets/ when built and in src/workers/ otherwise.
      const base = command === 'build' ? '../guest/' : '/guest/';
      return {
        define: {
          __GUEST_MANIFEST_SHA256__: JSON.stringify(digest),
          __GUEST_BASE__: JSON.stringify(base),
        },
      };
    },
  };
}
