import type { RealText } from '#ui/about/real-text.ts';

export const text: RealText = {
  intro: [
    'What a panel of Sandglass shows, happened: on a machine in your browser’s tab, a moment ago, because of what you did. Nothing in a lesson or in the playground is a recording that plays, and no output was written beforehand; the one figure on the home page is a recording, and says so.',
    'But not everything here is the program that you would find on a server. This page says, part by part, which is which.',
  ],
  legend: {
    real: { word: 'real', promise: 'The same source as on a server, compiled and not changed.' },
    ours: {
      word: 'ours',
      promise:
        'Written anew for a browser, after upstream’s design and names, and compared with upstream’s behaviour.',
    },
    emulated: { word: 'emulated', promise: 'A program that stands in for hardware.' },
    absent: { word: 'not here', promise: 'Left out; what asks for it is told so.' },
  },
  columns: { part: 'Part', here: 'What is here', so: 'What follows' },
  groups: [
    {
      title: 'The machine',
      parts: [
        {
          part: 'CPU, memory, devices',
          realness: 'emulated',
          here: 'v86, a 32-bit PC: one core of the Pentium III’s class, 256 MB of memory, virtio devices.',
          so: 'Some hundred million instructions a second. Numbers of speed say something about each other, little about a server.',
        },
        {
          part: 'Network card',
          realness: 'emulated',
          here: 'A virtio card whose cable ends in the page.',
          so: 'Pods reach each other and the node, and nothing beyond: your browser lets no page open sockets.',
        },
        {
          part: 'Linux kernel',
          realness: 'real',
          here: 'Linux 6.1 from Debian’s source, in a configuration of ours, for i386.',
          so: 'Namespaces, cgroup v2, overlayfs, seccomp, iptables and veth pairs are the kernel’s own. strace shows real system calls.',
        },
        {
          part: 'Programs',
          realness: 'real',
          here: 'Debian 12’s own packages: bash, procps, util-linux, iproute2, iptables, tcpdump, strace and others.',
          so: 'lsns lists namespaces because there are some. The larger programs arrive when they are first read.',
        },
        {
          part: 'init and agent',
          realness: 'ours',
          here: 'A small program that starts the machine and opens terminals for the page.',
          so: 'There is no systemd, and no journal.',
        },
      ],
    },
    {
      title: 'Running containers',
      parts: [
        {
          part: 'crun and runc',
          realness: 'real',
          here: 'Debian’s packages; crun is the default, runc a RuntimeClass. crun is started with a stand-in for libsystemd, of which it needs nothing here.',
          so: 'What makes a container here is what makes it elsewhere: the OCI bundle on disk is the one that was run.',
        },
        {
          part: 'CNI plugins',
          realness: 'real',
          here: 'bridge, host-local and portmap from Debian.',
          so: 'A pod’s address, its veth pair and the bridge are made by them, from /etc/cni/net.d.',
        },
        {
          part: 'CRI shim',
          realness: 'ours',
          here: 'RuntimeService and ImageService of CRI v1 in TypeScript, where a server has containerd. Its messages come from upstream’s api.proto.',
          so: 'Order, messages and error codes are containerd’s. Upstream’s own test suite for such shims, critest, runs against it.',
        },
        {
          part: 'A container’s shim',
          realness: 'ours',
          here: 'A C program of 80 KB, one a container. containerd’s is one a pod since its second version.',
          so: 'Containers outlive the kubelet and the CRI service. The process is there in ps.',
        },
        {
          part: 'What is in an image',
          realness: 'real',
          here: 'OCI images for linux/386, their layers made of Debian 12’s packages, stacked by the kernel’s overlayfs.',
          so: 'They bear the names that people type, but are not the images that upstream publishes: nginx:1.27 holds Debian’s nginx 1.22.',
        },
        {
          part: 'Registry and pulling',
          realness: 'ours',
          here: 'A folder of this site as the registry; whatever is pulled is checked against its digest and unpacked by the CRI shim.',
          so: 'Only images of that folder, or in a file of yours, can be pulled, whatever host their name begins with.',
        },
        {
          part: 'crictl',
          realness: 'ours',
          here: 'Every command of crictl 1.36, written anew and running in the page’s worker.',
          so: 'Output and errors follow upstream’s.',
        },
      ],
    },
    {
      title: 'Pods that are virtual machines',
      parts: [
        {
          part: 'The pod’s machine',
          realness: 'emulated',
          here: 'A second v86 in a worker of its own, of 32 to 256 MiB: with a BIOS, without one, or from a state that was saved when the site was built.',
          so: 'There is no QEMU, no Firecracker and no KVM. How long the three take says something about each other, little about a server.',
        },
        {
          part: 'Its kernel',
          realness: 'real',
          here: 'The node’s source once more, in a smaller configuration.',
          so: 'What a pod does to its kernel the node’s does not see, and the other way round.',
        },
        {
          part: 'Kata’s runtime, shim and agent, and the VMM’s process',
          realness: 'ours',
          here: 'In C and TypeScript, with the calls, messages and order of Kata Containers, whose own are Rust and Go.',
          so: 'ps shows a shim and a VMM a pod and nothing of what runs in it. The VMM’s process has none of the machine’s memory and processor time: these are the tab’s.',
        },
        {
          part: 'vsock, virtio-fs, vhost',
          realness: 'absent',
          here: 'The ports of a virtio console, 9P out of the VMM’s process, and frames by way of the page.',
          so: 'A file and a frame take longer than on a server.',
        },
      ],
    },
    {
      title: 'Kubernetes',
      parts: [
        {
          part: 'kubelet',
          realness: 'ours',
          here: 'SyncLoop, PLEG, pod workers, probes, volume, image, status and CPU managers, with upstream’s names.',
          so: 'It reaches the node only through the CRI, files and cgroups, as a kubelet does. Eviction, device plugins and in-place resize are not there.',
        },
        {
          part: 'API server',
          realness: 'ours',
          here: 'A Kubernetes API as one function, with upstream’s schema, defaults, validation and watches; its store is in memory.',
          so: 'kubectl and client libraries speak to it. Server-side apply, authentication and webhooks are not there.',
        },
        {
          part: 'Scheduler',
          realness: 'ours',
          here: 'Filters and binds; one node to choose from. A node that is not ready, or cordoned, takes no new pod.',
          so: 'Affinity among pods, spreading and preemption play no part.',
        },
        {
          part: 'Other controllers',
          realness: 'absent',
          here: 'The node lifecycle’s taints, taint eviction and the deletion of namespaces, and no more.',
          so: 'A pod is made by you, not by a Deployment: there is none. Nobody writes Unknown for a kubelet that is silent.',
        },
        {
          part: 'kubectl',
          realness: 'ours',
          here: 'kubectl 1.36 written anew; each line of its output is compared with Debian’s kubectl on two servers with the same objects.',
          so: 'What you learn to type here works elsewhere.',
        },
        {
          part: 'Services, DNS, storage drivers',
          realness: 'absent',
          here: 'No kube-proxy, no CoreDNS, no CSI.',
          so: 'Pods are reached by their addresses.',
        },
      ],
    },
    {
      title: 'Time',
      parts: [
        {
          part: 'Clocks',
          realness: 'ours',
          here: 'The cluster’s clock can be stopped: when a call is held, kubelet, API server and timeouts stand still.',
          so: 'Linux runs on, so that you can look around on the node. Pausing the machine stops both.',
        },
      ],
    },
  ],
  badges: {
    title: 'Badges',
    text: [
      'Every figure wears one. It says what the figure was drawn from: records of what the cluster did, or files and processes that were read on the node.',
      'Where a figure shows something that was worked out and not read, its badge says that it is modelled, and how.',
    ],
  },
};
