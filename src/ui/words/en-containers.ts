/** Strings of containers' terminals: their menu, their tabs, and what is said on them. */
export const containers = {
  ofContainer: 'Shell or logs of a container',
  none: 'No container is there any more.',
  of: (pod: string) => `Containers of ${pod}`,
  roles: { main: '', init: 'init', sidecar: 'sidecar', ephemeral: 'ephemeral' },
  states: { waiting: 'waits', running: 'runs', ended: 'ended' },
  state: (state: string, reason: string) => `${state}: ${reason}`,
  shell: 'Shell',
  logs: 'Logs',
  shellIn: (container: string) => `Shell in ${container}`,
  logsOf: (container: string) => `Logs of ${container}`,
  notRunning: 'It does not run now.',
  noLog: 'It has not run yet.',
  shellTab: (container: string) => `${container} shell`,
  logsTab: (container: string) => `${container} logs`,
  noMachine: 'The machine does not run now.',
  kubectlEnded: (end: string) => `kubectl ${end}`,
  again: 'Enter to run it again, Ctrl+D to close',
  ended: (container: string, reason: string | undefined, exitCode: number) =>
    `The container ${container} has ended${reason === undefined ? '' : `: ${reason}`}, exit code ${exitCode}.`,
  podGone: (pod: string) => `The pod ${pod} is gone.`,
} as const;
