export interface ThingToTry {
  command: string;
  shows: string;
}

/** First steps for a reader who sees nothing but a prompt. */
export const thingsToTry: readonly ThingToTry[] = [
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
