import { fileURLToPath } from 'node:url';

/** Where `npm run images` puts the guest's images. */
export function guestDirectory(): string {
  return (
    process.env['SANDGLASS_GUEST'] ?? fileURLToPath(new URL('../../public/guest', import.meta.url))
  );
}
