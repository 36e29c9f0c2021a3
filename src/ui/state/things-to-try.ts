import { words } from '#ui/words/words.ts';

export interface ThingToTry {
  command: string;
  shows: string;
}

/** First steps for a reader who sees nothing but a prompt. */
export function thingsToTry(): readonly ThingToTry[] {
  const { pod, namespaces, newNamespace, runtime } = words.thingsToTry;
  return [
    { command: 'kubectl run web --image=nginx:1.27', shows: pod },
    { command: 'lsns', shows: namespaces },
    { command: 'unshare -p -f --mount-proc ps', shows: newNamespace },
    { command: 'ls -l /usr/sbin/runc', shows: runtime },
  ];
}
