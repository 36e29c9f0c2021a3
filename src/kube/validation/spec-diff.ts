import { semanticEqual } from '#kube/equality.ts';
import type { PodSpec } from '#kube/types.ts';

/**
 * What changed between two specs, in the manner of go-cmp's Diff, with which upstream ends the
 * message of a refused update. Of a changed field the whole value is shown, as JSON.
 */
export function specDiff(previous: PodSpec, next: PodSpec): string {
  const [before, after]: [Fields, Fields] = [{ ...previous }, { ...next }];
  const names = [...new Set([...Object.keys(previous), ...Object.keys(next)])].sort();
  const lines = names.flatMap((name) => {
    if (semanticEqual(before[name], after[name])) return [];
    return [line('-', name, before[name]), line('+', name, after[name])];
  });
  const same = names.length - lines.length / 2;
  const rest = same > 0 ? [`  \t... // ${same} identical fields`] : [];
  return ['  core.PodSpec{', ...rest, ...lines, '  }', ''].join('\n');
}

type Fields = Readonly<Record<string, unknown>>;

function line(sign: string, name: string, value: unknown): string {
  const field = name.charAt(0).toUpperCase() + name.slice(1);
  return `${sign} \t${field}: ${value === undefined ? 'nil' : JSON.stringify(value)},`;
}
