export interface ThingToTry {
  command: string;
  shows: string;
}

/** First steps for a reader who sees nothing but a prompt. */
export const thingsToTry: readonly ThingToTry[] = [
  {
    command: 'kubectl run web --image=busybox:1.36 -- httpd -f -p 8080',
    shows: 'A pod, made by the kubelet on this machine',
  },
  { command: 'lsns', shows: 'The namespaces that processes live in' },
  {
    command: 'unshare -p -f --mount-proc ps',
    shows: 'A process that believes it is the only one: a new PID namespace',
  },
  {
    command: 'ls -l /usr/sbin/runc',
    shows: 'What containers are made with, ready on this machine',
  },
];
