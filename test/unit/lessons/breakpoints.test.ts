import { expect, it } from 'vitest';
import { agentMethods, syncLoopSources } from '#base/trace-records.ts';
import { imageMethods, runtimeMethods } from '#kube/cri/methods.ts';
import { contentOf } from '#site/course-files.ts';
import { sourceLocale } from '#site/locales.ts';
import { words } from '#ui/words/words.ts';

const points: readonly string[] = [
  ...syncLoopSources.map((source) => `sync-loop/${source}`),
  ...[...runtimeMethods, ...imageMethods].map((method) => `cri/${method}`),
  ...agentMethods.map((method) => `agent/${method}`),
];

const said = [...contentOf(sourceLocale).files.values()].flatMap(({ text, file }) =>
  text
    .split('\n')
    .filter((line) => /Break on|breakpoint is set/.test(line))
    .map((line) => [file, line] as const),
);

it.each(said)('%s names the list of breakpoints, and what is in it, as they are', (_file, line) => {
  for (const [, name] of line.matchAll(/\*\*(Break on[^*]*)\*\*/g)) {
    expect(name).toBe(words.stepper.breakOn);
  }
  const chosen = [...line.matchAll(/(?:tick|→|Break on|take away|is set on) `?([\w/-]+)/g)];
  expect(points).toEqual(expect.arrayContaining(chosen.map(([, point]) => point)));
});
