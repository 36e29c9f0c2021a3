/** A pod that is a virtual machine, as the node has it and as the machine itself does. */
export const podMachine = {
  sides: 'The same pod, as the node has it and within its machine',
  /** What stands in a row, on both sides. */
  row: {
    kernel: 'Kernel',
    memory: 'Memory',
    processes: 'Processes',
    network: 'Network',
    cgroups: 'Control groups',
    files: 'Files',
    devices: 'Devices',
  },
  onNode: 'On the node',
  inMachine: 'In the machine',
  real: 'real: read from this machine’s kernel',
  realWhy:
    'The machine’s agent has run the program there that tells of the node here: it has read /proc, /sys and the kernel’s network devices, a moment ago. Its processes have numbers of their own, which mean nothing on the node.',
  bootId: 'boot id',
  ofShimAndVmm: (memory: string) => `${memory} of shim and VMM`,
  used: (used: string, all: string) => `${used} of ${all}`,
  asked: (memory: string) => `the VMM was told ${memory}`,
  agent: 'agent',
  others: 'of no container',
  noProcess: 'none',
  over: (port: string) => `to the bridge over ${port}`,
  sharedDirectory: 'mounted in the shared directory',
  nothingShared: 'nothing is shared yet',
  mountsOf: (container: string) => `mounts of ${container}`,
  cpu: (share: string) => `${share} of its CPU`,
  noDevices:
    'none: the VMM stands in for them, and their emulation runs in this tab, outside of the node',
  noDriver: 'no driver',
  asking: 'Asking the machine …',
  noAnswer: (reason: string) => `It cannot be asked: ${reason}`,
  emulator: (memory: string, instructions: string, requests: string, dropped: number) =>
    `Told by the emulator, not by the machine: it takes ${memory} of this tab’s memory and has executed ${instructions} instructions; ${requests} 9P requests so far, ${dropped.toLocaleString('en')} frames dropped.`,
} as const;
