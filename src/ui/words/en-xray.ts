/** The panel beside the terminals, and what its views have in common. */
export const xray = {
  panel: 'X-ray',
  views: 'What to see of the cluster',
  view: {
    'sync-loop': 'SyncLoop',
    'time-line': 'Time line',
    'node-map': 'Node',
    'pod-life': 'Pod’s life',
    calls: 'CRI calls',
    pods: 'Pods',
    events: 'Events',
    images: 'Images',
  },
  triedAgainAt: (time: string) => `It is tried again at ${time} UTC.`,
  tryAgain: 'Try again now',
  real: 'real',
  badge: {
    events: (count: number) => `real: ${count.toLocaleString('en')} events of this machine`,
    ahead: 'real; dashed: by the code',
    node: 'real: read from this node’s kernel',
    objects: 'real: objects of this API server',
  },
  badgeWhy: {
    events:
      'The API server, the kubelet and the CRI shim are ours; each event is a request, a call or a process that there was, and what it says of the node was read from the node.',
    ahead:
      'What has happened is real. What is dashed has not happened yet: it is what the code of kubelet and shim will do next.',
    node: 'A program on the node has read /proc, /sys/fs/cgroup and the kernel’s network devices, a moment ago. Shares of the CPU are the difference between two readings.',
    objects:
      'As the API server has them now; it is ours, what its objects say of the node was read from the node.',
  },
  lost: (count: number) =>
    `The node keeps so much and no more: ${count.toLocaleString('en')} earlier records are gone.`,
  copied: 'Copied',
  copy: 'Copy',
  type: 'Type it',
} as const;

/** The time line. */
export const timeLine = {
  figure: 'Time line of what happened',
  svgTitle: 'What happened on the node, by layer',
  keys: 'Left and right go from event to event, up and down to the next lane. Plus and minus zoom, Page Up and Page Down look back and forth, Home and End go to the beginning and to the latest. Escape closes what is open.',
  layer: {
    api: 'API server',
    scheduler: 'Scheduler',
    kubelet: 'Kubelet',
    shim: 'CRI shim',
    runtime: 'Runtime',
    kernel: 'Kernel',
    machine: 'VM agent',
    ninep: '9P',
    frame: 'Frames',
  },
  kinds: {
    'api-write': 'API writes',
    schedule: 'Scheduling',
    'sync-loop': 'SyncLoop',
    'pod-worker': 'Pod workers',
    'cri-call': 'CRI calls',
    stream: 'Streams of exec and the like',
    cni: 'Network plugins',
    oci: 'OCI runtime',
    process: 'Processes',
    'agent-call': 'Agent calls',
    ninep: '9P messages',
    frame: 'Frames',
    'vm-traffic': 'Traffic of virtual machines',
  },
  hideLayer: 'Hide this layer',
  showLayer: 'Show this layer',
  tools: 'Time line',
  search: 'Search',
  pod: 'Pod',
  allPods: 'All pods',
  gonePod: (name: string) => `${name} (gone)`,
  forgottenPod: 'a pod that is gone',
  kind: 'Kind',
  allKinds: 'All kinds',
  routine: 'also routine',
  clear: 'Show all',
  more: 'More',
  pause: 'Pause',
  resume: 'Go on',
  goOn: (count: number) => `Go on (${count.toLocaleString('en')} since)`,
  latest: 'To the latest',
  size: 'Size',
  larger: 'Larger',
  smaller: 'Smaller',
  asList: 'List',
  export: 'Export',
  exportJson: 'Export as JSON',
  exportSvg: 'Export as SVG',
  none: 'Nothing has happened yet. In a terminal, try',
  noneMatches: 'Nothing that happened is like that.',
  ahead: 'Dashed: what will come of the held call, as the code of kubelet and shim has it.',
} as const;

/** The kubelet’s loop. */
export const syncLoop = {
  still: 'nothing yet',
  nothing: 'nothing yet',
  break: 'Hold the kubelet when something comes from here',
  unbreak: 'Do not hold the kubelet here any more',
  breakpoint: 'break',
  feeder: {
    'pod-config': 'API watch, static pods',
    pleg: 'PLEG',
    'container-manager': 'CPU manager',
    clock: 'clock',
    'probe-manager': 'probe manager',
  },
  workers: 'Pod workers: one a pod, so that the loop never waits',
  noWorkers: 'No pod has a worker yet.',
  phase: {
    sync: 'syncPod',
    terminating: 'syncTerminatingPod',
    terminated: 'syncTerminatedPod',
  },
  helpers: 'What their passes used last',
  helper: {
    'status-manager': 'Status manager',
    'image-manager': 'Image manager',
    'runtime-manager': 'Runtime manager',
  },
  volumes: 'Volume manager',
  untold: 'tells the trace nothing; what it mounts is on the Node tab',
} as const;

/** The node: pods, network, control groups. */
export const nodeMap = {
  asking: 'Asking the node …',
  pods: 'Pods: their containers, and the namespaces that these share',
  noPods: 'No pod runs yet. In a terminal, try',
  network: 'Network: the bridge, and a veth pair to each pod',
  cgroups: 'Control groups, and what they use now',
  others: 'Processes of no pod',
  unknownPod: 'a pod that the API does not know',
  namespace: 'namespace',
  node: 'node',
  processes: 'processes',
  inside: 'inside:',
  mounts: 'Mounts',
  readOnly: 'read-only',
  noBridge: 'no bridge yet',
  hostNetwork: 'the node’s own network',
  by: 'by',
  traffic: (received: string, sent: string) => `${received} in, ${sent} out`,
  group: 'group',
  memory: 'memory',
  facts: (parent: string, memory: string, group: string) =>
    `Child of ${parent}, ${memory} in memory, in ${group}`,
} as const;

/** A pod’s life. */
export const podLife = {
  none: 'No pod yet. In a terminal, try',
  pod: 'Pod',
  gone: 'gone',
  figure: 'A pod’s phase, conditions and containers over time; the list below says the same',
  events: 'Events of this pod, pinned above the time',
  noEvents: 'None, or none that the API still has.',
  times: (count: number) => `${count} times`,
} as const;

/** The stepper below the figures. */
export const stepper = {
  stepper: 'Stepper',
  step: 'Step',
  proceed: 'Continue',
  breakOn: 'Break on …',
  holdBefore: 'Hold before',
  any: 'Whatever comes next',
  agent: 'AgentService, in pods that are virtual machines',
  runOn: 'Clear all and run on',
  held: (point: string, more: number) =>
    `held before ${point}${more > 0 ? ` and ${more} more` : ''}`,
  stoppedAt: (time: string) => `cluster’s clock stopped at ${time}`,
  behind: (time: string) => `cluster’s clock ${time} behind the machine’s`,
  clocks:
    'While a call is held the cluster’s clock stands still, and the machine’s goes on. Figures, events and ages go by the cluster’s; “date” and the time above by the machine’s.',
  breakpoints: (count: number) => (count === 1 ? 'one breakpoint' : `${count} breakpoints`),
} as const;

/** The list of CRI calls. */
export const xrayCalls = {
  routine: 'also what the kubelet asks by the clock',
  none: 'No call yet. In a terminal, try',
} as const;

/** What is told of an event. */
export const xrayEvent = {
  took: 'Took',
  underWay: 'under way',
  held: 'held',
  at: 'At',
  pod: 'Pod',
  processes: 'Processes',
  from: 'Follows from',
  to: 'Led to',
  request: 'Request',
  response: 'Response',
  unchanged: 'Response, the same as before',
  notKept: 'What it was is no longer kept.',
  messages: 'Sent so far',
  error: 'Error',
  what: 'What was told',
  same: 'The same by hand',
  shows: 'What came of it, by hand',
  cut: (field: string, length: number) =>
    `${field} is shown in part: it has ${length.toLocaleString('en')} bytes or characters.`,
  none: 'nothing that the trace tells of',
  close: 'Close',
} as const;

/** Titles of events that are no term of the field by themselves. */
export const traceTitles = {
  bind: (node: string) => `bind to ${node}`,
  lost: (count: number, what: string) => `${count} ${what} lost`,
  /** Between a virtual machine and the node. */
  traffic: (requests: number, frames: number) => `${requests} 9P requests, ${frames} frames`,
  /** By who sent it. */
  frame: {
    client: (frame: string) => `${frame} of the client`,
    server: (frame: string) => `${frame} of the server`,
  },
  /** Of a virtual machine: it sends it, or gets it. */
  ethernet: {
    guest: (frame: string) => `${frame} out`,
    node: (frame: string) => `${frame} in`,
  },
  close: 'close',
  stream: (what: string) => `${what} stream`,
  refused: (what: string, status: number) => `${what} refused: ${status}`,
  /** What comes of a held call. */
  podWorker: 'pod worker',
  either: (one: string, other: string) => `${one} or ${other}`,
} as const;

/** The lists of pods, events and images. */
export const lists = {
  noPods: 'No pod yet.',
  namespace: 'Namespace',
  name: 'Name',
  ready: 'Ready',
  status: 'Status',
  noEvents: 'No event yet.',
  times: (message: string, count: number) => `${message} (${count} times)`,
  noImages: 'No image yet: the kubelet pulls what a pod asks for.',
  image: 'Image',
  size: 'Size',
  pulling: (image: string) => `Pulling ${image}`,
  loadImages: 'Load images from a file…',
  archives: 'Archives of images',
  /** The command `docker save` stands between. */
  archiveForms: { before: 'An OCI layout in a tar, or what', after: 'writes, for linux/386.' },
} as const;
