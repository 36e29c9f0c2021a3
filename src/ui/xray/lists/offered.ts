/** Names without a registry's, which are docker.io's, before others; each part in the order of its letters. */
export function inReadersOrder(names: readonly string[]): readonly string[] {
  return [...names].sort(
    (one, other) => Number(hasHost(one)) - Number(hasHost(other)) || (one < other ? -1 : 1),
  );
}

/** Whether the first part of a name is a host (github.com/distribution/reference, normalize.go). */
function hasHost(name: string): boolean {
  const [first = '', ...others] = name.split('/');
  return others.length > 0 && (/[.:]/.test(first) || first === 'localhost');
}
