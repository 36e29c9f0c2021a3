/** The machine: what it does, and how it has ended. */
export const machine = {
  /** In a word or two, for the header. */
  status: {
    off: 'off',
    loading: 'loading',
    starting: 'starting',
    running: 'running',
    paused: 'paused',
    asleep: 'asleep',
    halted: 'switched off',
    failed: 'failed',
  },
  state: 'The machine’s state',
  isRunning: (name: string) => `${name} is running.`,
  /** For screen readers: how things stand, and why. */
  stands: (title: string) => `${title}.`,
  standsBecause: (title: string, reason: string) => `${title}. ${reason}`,
  guestClock: 'The guest’s clock, in UTC',
  guestTime: 'guest time',
  guestTimeStopped: 'guest time stopped at',
  cluster: 'X-ray',
  clusterHeld: 'X-ray · held',
  clusterAbout: 'What happens on the node, as figures: time line, SyncLoop, pods, CRI calls',
  dismiss: 'Dismiss',
  resume: 'Resume',
  resumeHint: 'Resume (Ctrl+Shift+Up goes here from the terminal)',
  retry: 'Retry',
  restart: 'Restart from snapshot',
  powerCycle: 'Power cycle',
  lastLines: 'The console’s last lines',
  /** What stands in the terminals' place, or over them. */
  stage: {
    preparing: 'Preparing',
    fetching: (asset: string) => `Fetching ${asset}`,
    fromCache: (progress: string) => `${progress}, from this browser’s cache`,
    waiting: (name: string) => `Waiting for ${name}’s agent`,
    runsOn: 'The machine itself runs on.',
    starting: (name: string) => `Starting ${name}`,
    paused: 'Paused',
    pausedWhy: (name: string) => `Time stands still on ${name}; keys are not sent.`,
    asleep: 'Asleep',
    asleepWhy: (name: string) => `${name} had nothing to do while you were away.`,
    halted: (name: string) => `${name} is switched off`,
    notLoaded: (name: string) => `${name} could not be loaded`,
    notStarted: (name: string) => `${name} did not start`,
    notWorking: (name: string) => `${name} has stopped working`,
  },
  /** How it came to run. */
  startedFrom: {
    snapshot: 'from its snapshot',
    'cold-boot': 'from power-on',
    checkpoint: 'with the saved cluster',
  },
  /** Why what ran on it is gone. */
  ended: {
    restarted: (name: string) => `${name} was restarted from its snapshot.`,
    powerCycled: (name: string) => `${name} was switched off and on again.`,
    replaced: 'A saved cluster was opened in its place.',
    stopped: (name: string) => `${name} has stopped.`,
  },
  silent: "The machine's worker has not answered for 30 seconds; the network may be slow or down.",
  notWoken: (name: string, why: string) => `${name} could not be woken. ${why}`,
  facts: {
    kernel: 'Kernel',
    memory: 'Memory in use',
    instructions: 'Instructions',
    guestTime: 'Guest time',
    uptime: 'Up for',
    started: 'Started',
    startedIn: (from: string, seconds: number) => `${from} in ${seconds.toFixed(2)} s`,
    asking: 'Asking the machine…',
    notRunning: 'The machine is not running.',
  },
} as const;

/** Why there is nothing to see of the cluster. */
export const cluster = {
  off: 'The cluster starts with the machine.',
  starting: 'Starting API server, scheduler, kubelet and CRI shim …',
  failed: (why: string) => `The cluster could not be started: ${why}`,
} as const;
