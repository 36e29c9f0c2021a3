import { expect, it } from 'vitest';
import type { Pod } from '#kube/types.ts';
import type { Reader, Scene } from './code.ts';
import { removePod } from './remove-pod.ts';
import { hasBreakpoint } from './scene.ts';

it('knows a breakpoint by itself and by a pattern', () => {
  const holds = (...breakpoints: string[]) => hasBreakpoint({ breakpoints }, 'cri/RunPodSandbox');
  expect(holds('cri/RunPodSandbox')).toBe(true);
  expect(holds('sync-loop/*', 'cri/*')).toBe(true);
  expect(holds('cri/Run')).toBe(false);
  expect(holds('cri/RunPodSandbox/more')).toBe(false);
  expect(holds()).toBe(false);
});

it('removes what a first try has left: lets go of what is held, deletes, and waits', async () => {
  const done: string[] = [];
  let pods: Pod[] = [{ metadata: { name: 'foo', namespace: 'default' } }];
  const look = () => ({ pods }) as unknown as Scene;
  const reader = {
    look,
    runOn: () => Promise.resolve(void done.push('run on')),
    run: (line: string) => Promise.resolve(done.push(line)),
    until: async (words: string, condition: (scene: Scene) => boolean | Promise<boolean>) => {
      expect(await condition(look())).toBe(false);
      pods = [];
      expect(await condition(look())).toBe(true);
      done.push(words);
    },
  } as unknown as Reader;
  await removePod(reader, 'foo');
  expect(done).toEqual(['run on', 'kubectl delete pod foo --now', 'foo is gone']);
  await removePod(reader, 'foo');
  expect(done).toHaveLength(3);
});
