/**
 * Replaces `$(NAME)` by what the mapping has; `$$` is a dollar sign, and what is not known stays as
 * written (third_party/forked/golang/expansion).
 */
export function expand(text: string, mapping: (name: string) => string | undefined): string {
  return text.replaceAll(/\$(?:\$|\(([^)]*)\))/g, (whole, name: string | undefined) => {
    if (name === undefined) return '$';
    return mapping(name) ?? whole;
  });
}
