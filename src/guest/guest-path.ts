/** A path of the guest, absolute. Dots stay: with symbolic links about, only the guest can resolve them. */
export function resolveGuestPath(directory: string, path: string): string {
  if (path.startsWith('/')) return path;
  if (path === '') return directory;
  return directory.endsWith('/') ? directory + path : `${directory}/${path}`;
}
