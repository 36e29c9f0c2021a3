import type { Reader } from './code.ts';
import { podNamed } from './scene.ts';

/** For a solution that has to begin before a pod does: deletes one that an earlier try has left, if there is one. */
export async function removePod(reader: Reader, name: string): Promise<void> {
  if (!podNamed(reader.look(), name)) return;
  await reader.runOn();
  await reader.run(`kubectl delete pod ${name} --now`);
  await reader.until(`${name} is gone`, (scene) => !podNamed(scene, name));
}
