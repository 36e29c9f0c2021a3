import { SandglassError } from '#base/errors.ts';

/** pkg/kubelet/kubelet_pods.go: bytes that a value out of a file may have. */
const maxValue = 32 * 1024;

/**
 * The value that a file gives a variable; undefined if it gives none. Its lines are `NAME='value'`, as a shell would
 * read them: what stands between the quotes is the value as it is, over lines too. Empty lines and those that begin
 * with `#` do not count (pkg/kubelet/util/env). Throws `invalid-argument` with the line that is no such thing.
 */
export function parseEnvFile(text: string, key: string): string | undefined {
  for (let at = 0; at < text.length;) {
    // Everything up to the name, which is nothing but blanks and comments.
    const skipped = /^(?:[ \t]*(?:#[^\n]*)?(?:\r?\n|$))+/.exec(text.slice(at));
    if (skipped) at += skipped[0].length;
    if (at >= text.length) break;
    const line = /^[ \t]*([^\s=#']+)='([^']*)'[ \t]*(?:#[^\n]*)?(?:\r?\n|$)/.exec(text.slice(at));
    if (!line) {
      const number = text.slice(0, at).split('\n').length;
      throw new SandglassError(
        'invalid-argument',
        `invalid environment variable format at line ${number}`,
      );
    }
    at += line[0].length;
    const [, name, value = ''] = line;
    if (name !== key) continue;
    if (new TextEncoder().encode(value).length > maxValue) {
      throw new SandglassError(
        'invalid-argument',
        `environment variable value for key "${key}" exceeds ${maxValue} bytes`,
      );
    }
    return value;
  }
  return undefined;
}
