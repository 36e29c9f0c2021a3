import { bench } from './en-bench.ts';
import { containers } from './en-containers.ts';
import { editor } from './en-editor.ts';
import { figures } from './en-figures.ts';
import { lesson } from './en-lesson.ts';
import { cluster, machine } from './en-machine.ts';
import { menu } from './en-menu.ts';
import { permalink, playground } from './en-playground.ts';
import { podMachine } from './en-pod-machine.ts';
import { findBar, keyBar, keyboard, terminal, thingsToTry } from './en-terminal.ts';
import { dialogs, transfers } from './en-transfers.ts';
import { units } from './en-units.ts';
import {
  lists,
  nodeMap,
  podLife,
  stepper,
  syncLoop,
  timeLine,
  traceTitles,
  xray,
  xrayCalls,
  xrayEvent,
} from './en-xray.ts';

/** English, in which every string exists: a group a component or a page. */
export const en = {
  site: {
    motto: 'A Kubernetes node in a browser tab that you can see, hold and step.',
    skip: 'Skip to the content',
    home: 'Sandglass, home',
    contents: 'Contents',
    playground: 'Playground',
    real: 'What is real here',
    credits: 'Credits and licences',
    pages: 'Pages',
    openAlone: 'Open in Sandglass',
    toLight: 'Switch to the light theme',
    toDark: 'Switch to the dark theme',
    /** What is said where the page's own code has not come. */
    broken: {
      late: 'The rest of this page has not come for 30 seconds; the network may be slow or down.',
      partMissing: 'A part of this page could not be fetched; the network may be down.',
      reload: 'Reload',
    },
    noMessage: 'Something went wrong that left no message.',
  },
  titles: {
    home: 'Sandglass: a Kubernetes node you can open',
    contents: 'Contents',
    playground: 'Playground',
    real: 'What is real here',
    credits: 'Credits and licences',
  },
  descriptions: {
    home: 'A real Linux machine boots in this browser tab, with a small Kubernetes on it. Lessons let you see, hold and step what a node does.',
    contents:
      'Lessons on a node, the kubelet and the CRI, each on a machine of its own in your browser tab.',
    playground:
      'A real Linux machine in this browser tab: a Kubernetes node that you can see, hold and step.',
    real: 'Which parts of Sandglass are the real thing, which are our own, and what stands in for hardware.',
    credits: 'What Sandglass is made of, by whom, and under which licences.',
  },
  home: {
    title: 'A Kubernetes node that you can open, hold and step',
    lead: 'A real Linux boots in this tab, with a small Kubernetes on it. Hold the kubelet between two calls, look at what it has made with lsns and ip, kill it and see what happens. No account, no server, nothing to install.',
    start: 'Start the first lesson',
    goOn: 'Go on with the first lesson',
    playground: 'Open the playground',
    promises: [
      {
        title: 'What you see, happened',
        text: 'Every figure is drawn from what the machine does now. Its kernel, crun and network plugins are the ones of a server; what is ours is marked.',
      },
      {
        title: 'Time stands still for you',
        text: 'Stop the cluster before any call of the CRI. Linux runs on, so that you can look around on the node before the next thing happens.',
      },
      {
        title: 'Nothing can break',
        text: 'Fill the disk, kill pause, take the network away. Every lesson begins anew in two seconds, from a state that is known.',
      },
    ],
    figure: {
      title: 'A pod with two containers, from its write to its last process',
      caption:
        'A recording of one run of this machine, in its order and not to scale. In a lesson the same figure is drawn from your own.',
      lanes: {
        api: 'API server',
        scheduler: 'Scheduler',
        kubelet: 'Kubelet',
        shim: 'CRI shim',
        runtime: 'Runtime',
        kernel: 'Kernel',
      },
    },
  },
  contents: {
    lead: (minutes: number) =>
      minutes === 0
        ? 'Each lesson has a machine of its own, and none needs another.'
        : `About ${Math.round(minutes / 30) / 2} hours in all. Each lesson has a machine of its own, and none needs another.`,
    part: (number: number) => `Part ${number}`,
    minutes: (minutes: number) => `${minutes} minutes`,
    progress: (done: number, of: number) => `${done} of ${of} steps`,
    finished: 'Finished',
    none: 'There is no lesson yet.',
  },
  credits: {
    intro:
      'Sandglass stands on other people’s work. These are the pieces that this build of it contains.',
    own: 'Sandglass itself is under the Apache License 2.0.',
    licence: 'Its text',
    notice: 'All notices and licence texts',
    page: 'The page',
    name: 'Package',
    what: 'What it is',
    under: 'Licence',
    guest: 'The machine',
    guestText:
      'The node runs files of these packages of Debian 12, for i386. Their sources, and their licences in debian/copyright, are in Debian’s archive under these names and versions.',
    kubernetes: 'Kubernetes',
    kubernetesText:
      'The schema of the API, with its descriptions, is generated from the models of Kubernetes’ JavaScript client; the messages of the CRI are upstream’s api.proto. Both are under the Apache License 2.0. Kubernetes is a trademark of the Linux Foundation; Sandglass is not affiliated with it.',
  },
  lesson,
  playground,
  permalink,
  units,
  machine,
  cluster,
  terminal,
  findBar,
  keyBar,
  keyboard,
  thingsToTry,
  menu,
  dialogs,
  transfers,
  bench,
  containers,
  editor,
  figures,
  xray,
  timeLine,
  syncLoop,
  nodeMap,
  podMachine,
  podLife,
  stepper,
  xrayCalls,
  xrayEvent,
  traceTitles,
  lists,
} as const;
