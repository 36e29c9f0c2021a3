const home = '/root';

/** Where files go unless the reader says otherwise: one to a path, more into a folder. */
export function defaultTarget(names: readonly string[]): string {
  return names.length === 1 ? `${home}/${names[0] ?? ''}` : home;
}

/** The path of each file. A target that ends in a slash is a folder for one file too. */
export function targetsOf<T extends { name: string }>(
  files: readonly T[],
  target: string,
): [T, string][] {
  const folder = target.replace(/\/+$/, '');
  const isFolder = files.length > 1 || target.endsWith('/');
  return files.map((file) => [file, isFolder ? `${folder}/${file.name}` : target]);
}
