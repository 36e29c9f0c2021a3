/** Strings of the playground's bench: manifest, faults, saved clusters. */
export const bench = {
  name: 'Edit & break',
  about: 'A manifest to apply, faults to make, clusters to save',
  views: { manifest: 'Manifest', faults: 'Faults', saved: 'Saved clusters' },
  splitSide: 'Width of what is beside the terminals',
  splitStack: 'Height of the bench',
  example: 'Example',
  ownManifest: 'Your own',
  share: 'Share…',
  tryNext: 'Then try',
  type: (command: string) => `Type ${command}`,
  cameByLink:
    'This manifest came with a link. Nothing of it has been applied: read it, then decide.',
  tooLong:
    'This manifest is too long to be kept for your next visit, which will show the one before it. Keep this one in a file.',
  notRunning: 'The machine does not run; apply the manifest once it does.',
  examples: {
    'one-container': 'One container',
    'shared-network': 'Two containers, one network',
    'init-containers': 'Init containers and a sidecar',
    'failing-probes': 'Probes that fail',
    'out-of-memory': 'Out of memory',
    'config-and-secret': 'ConfigMap and Secret',
    'static-pod': 'A static pod',
    'host-path': 'A directory of the node',
    'port-forward': 'Two pods and a port-forward',
    'cpu-limits': 'CPU limits',
  } as Readonly<Record<string, string>>,
  shareTitle: 'Share this manifest',
  link: 'A link to it, with the page arranged as it is now',
  linkNote:
    'The manifest is in the address itself and is sent to no server. Who opens the link presses Apply.',
  embed: 'A line of HTML that shows it in another page',
  copy: 'Copy',
  copied: 'Copied',
  notCopied: 'The browser did not allow to copy; the text is selected.',
  saved: {
    lead: 'The whole cluster: the machine with all that runs on it, and the API’s objects. What is opened goes on from where it was saved.',
    save: 'Save the cluster in this browser',
    mayGo:
      'The browser may clear what it keeps for this page when it runs short of room. A file is yours for good.',
    lasts: 'The browser clears what it keeps for this page only when you tell it to.',
    none: 'No cluster is saved in this browser.',
    reading: 'Looking for saved clusters …',
    total: (count: number, bytes: string) =>
      `${count === 1 ? '1 cluster' : `${count} clusters`}, ${bytes} in all.`,
    nameOf: (time: string) => `Cluster of ${time}`,
    noName: 'Without a name',
    saved: (pods: string, bytes: string) =>
      `Saved the cluster with ${pods} in this browser (${bytes}).`,
    open: 'Open',
    rename: 'Rename',
    toFile: 'To a file',
    delete: 'Delete',
    cancel: 'Cancel',
    name: 'Name of the saved cluster',
    openQuestion: 'It takes the place of the cluster that runs, which is lost.',
    deleteQuestion: (name: string) => `${name} is deleted from this browser for good.`,
    foreign:
      'Saved by another build of this site, and its machine can go on only there. It can still be put in a file.',
    damaged: 'The browser has lost a part of it. It cannot be opened.',
    errors: {
      noRoom: (bytes: string) =>
        `The browser has no room for ${bytes} more. The cluster runs on, and what was saved before is still there: delete a saved cluster and try again, or save this one to a file from the menu.`,
      denied:
        'This browser lets this page keep nothing, as in some private windows or where site data are blocked. Save the cluster to a file from the menu.',
      later:
        'A later version of this site has saved clusters in this browser. Reload the page to see them.',
      silent: 'The browser’s storage does not answer. Close other tabs of this site and try again.',
      failed: (why: string) =>
        `The browser’s storage failed${why ? `: ${why}` : ''}. Save the cluster to a file from the menu.`,
      gone: (name: string) =>
        `${name} is no longer in this browser: it was deleted in another tab.`,
      damaged: (name: string) =>
        `${name} cannot be opened: the browser has lost a part of it. Nothing has changed on the cluster that runs.`,
    },
  },
  faults: {
    lead: 'What goes wrong in earnest: commands are typed into your terminal, and what they break is broken. The cluster is made to survive each of them.',
    on: 'made',
    byCall: 'No command: the page asks the part itself, which is ours and no program of the node.',
    late: (seconds: number) =>
      `The machine has not answered for ${seconds} seconds; it may be very busy. Try it again.`,
    silent: 'The node has not answered of late: what is broken on it may have changed.',
    pod: 'Pod',
    noPod: 'no pod runs',
    count: (made: number) =>
      made === 0 ? '' : made === 1 ? '1 fault is made' : `${made} faults are made`,
    short: (made: number) => (made === 1 ? '1 fault' : `${made} faults`),
    pause: {
      title: 'Kill pause',
      effect:
        'Ends the process that holds a pod’s namespaces open. The kubelet sees the sandbox gone, kills the pod’s containers and makes all anew.',
      make: 'Kill it',
    },
    disk: {
      title: 'Fill the disk',
      effect:
        'Makes the node’s disk, which is a tmpfs, as small as what is on it: not a byte more can be written. Images cannot be pulled, logs end.',
      make: 'Fill it',
      undo: 'Give room again',
    },
    network: {
      title: 'Break CNI',
      effect:
        'Takes the network’s configuration away. The node becomes NotReady: pods that run keep their network, and the scheduler sends no new ones.',
      make: 'Break it',
      undo: 'Put it back',
    },
    runtime: {
      title: 'Stop the runtime',
      effect:
        'The CRI shim refuses every call, as containerd does when it is stopped. Containers run on under their shims; the node becomes NotReady, and nothing can be changed on it.',
      make: 'Stop it',
      undo: 'Start it again',
    },
    registry: {
      title: 'Slow the registry',
      effect:
        'What is pulled comes at 20 kB a second. A pod with another image starts meanwhile, unless images are pulled one after another.',
      make: 'Slow it',
      undo: 'As fast as before',
    },
  },
} as const;
