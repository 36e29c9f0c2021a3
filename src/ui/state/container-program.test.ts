import { Terminal } from '@xterm/headless';
import { beforeEach, expect, test, vi } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import type { ContainerState, Pod } from '#kube/types.ts';
import { connectionTo } from '#ui/testing/connection.ts';
import { FakeNode } from '#ui/testing/fake-node.ts';
import { Cluster } from './cluster.svelte.ts';
import { type ContainerTask, kubectlFor } from './container-program.ts';
import { Machine } from './machine.svelte.ts';
import { containersOf } from './pod-containers.ts';
import type { Session } from './session.svelte.ts';
import { Tabs } from './tabs.svelte.ts';

let node: FakeNode;
let clock: ManualClock;
let machine: Machine;
let cluster: Cluster;
let tabs: Tabs;

beforeEach(async () => {
  node = new FakeNode();
  clock = new ManualClock();
  machine = new Machine(() => connectionTo(node), clock);
  cluster = new Cluster(machine);
  tabs = new Tabs({ machine, pods: cluster, clock });
  await machine.start('snapshot');
  node.tellPods([podWith({ running: {} })]);
});

function podWith(state: ContainerState, namespace = 'default'): Pod {
  return {
    metadata: { namespace, name: 'web', uid: 'u1' },
    spec: { containers: [{ name: 'app', image: 'busybox:1.36' }] },
    status: {
      containerStatuses: [
        {
          name: 'app',
          image: 'busybox:1.36',
          imageID: '',
          ready: true,
          restartCount: 0,
          containerID: 'containerd://1',
          state,
        },
      ],
    },
  };
}

function open(task: ContainerTask): Session {
  const [container] = cluster.pods.flatMap(containersOf);
  if (!container) throw new Error('There is no container.');
  const session = tabs.openContainer(task, container);
  if (!session.size) {
    session.attach(new Terminal({ cols: 100, rows: 30, allowProposedApi: true }));
  }
  return session;
}

function shows(session: Session, text: string | RegExp): Promise<void> {
  return vi.waitFor(() => expect(session.text).toMatch(text));
}

test('a shell in a container is kubectl’s, for all to see', async () => {
  const session = open('shell');
  await shows(session, /^\$ kubectl exec -it -n default web -c app -- sh\nkubectl> $/);
  expect(session.title).toBe('web/app shell');
  expect(node.calls).toContain(
    'terminal ["kubectl","exec","-it","-n","default","web","-c","app","--","sh"]',
  );
});

test('a pod of another namespace is called with it', () => {
  node.tellPods([podWith({ running: {} }, 'kube-system')]);
  expect(open('logs').title).toBe('kube-system/web/app logs');
});

test('what could be hostile in a name is quoted where it is shown, and one word where it is run', async () => {
  const [container] = cluster.pods.flatMap(containersOf);
  if (!container) throw new Error('There is no container.');
  const session = tabs.openContainer('logs', { ...container, name: "a';\x1b[2J reboot" });
  session.attach(new Terminal({ cols: 100, rows: 30, allowProposedApi: true }));
  await shows(session, "-c $'a\\';\\x1b[2J reboot'");
  expect(kubectlFor('logs', { ...container, name: '$(reboot)' }).at(-1)).toBe('$(reboot)');
});

test('a container that ends says how, whatever kubectl says', async () => {
  const session = open('logs');
  await shows(session, /kubectl> $/);
  session.type('exit 0\r');
  await shows(session, /\[kubectl exited with code 0 — Enter to run it again, Ctrl\+D to close\]$/);
  node.tellPods([
    podWith({
      terminated: { reason: 'OOMKilled', exitCode: 137, containerID: 'containerd://1' },
    }),
  ]);
  await shows(session, /\]\n\[The container app has ended: OOMKilled, exit code 137\.\]$/);
  expect(session.state).toBe('ended');
});

test('a pod that is gone is said to be', async () => {
  const session = open('shell');
  await shows(session, /kubectl> $/);
  session.type('kill\r');
  node.tellPods([]);
  await shows(session, /\[kubectl killed by signal KILL.*\]\n\[The pod web is gone\.\]$/);
});

test('of a container that runs on, nothing is said', async () => {
  const session = open('shell');
  await shows(session, /kubectl> $/);
  session.type('exit\r');
  await shows(session, /to close\]$/);
  const { listenerCount } = cluster.podsChanged;
  clock.advance(5000);
  await vi.waitFor(() => expect(cluster.podsChanged.listenerCount).toBe(listenerCount - 1));
  node.tellPods([]);
  session.type('\r');
  await shows(session, /to close\]\n\$ kubectl exec .*\nkubectl> $/);
});

test('with the machine a container’s terminal has ended, for it has nothing to come back to', async () => {
  const session = open('shell');
  await shows(session, /kubectl> $/);
  await machine.start('snapshot');
  await shows(
    session,
    /\[node-1 was restarted from its snapshot\. Enter to run it again, Ctrl\+D to close\]$/,
  );
  expect(session.state).toBe('ended');
  session.type('\r');
  await shows(session, /to close\]\n\$ kubectl exec .*\nkubectl> $/);
});

test('what is asked for while the machine does not run is refused, and can be asked for again', async () => {
  const session = open('logs');
  await shows(session, /kubectl> $/);
  node.setStatus({ kind: 'halted', failure: { code: 'unavailable', message: 'It is off.' } });
  await shows(session, 'It is off. Enter');
  session.type('\r');
  await shows(session, 'The machine does not run now. Enter');
  await machine.start('snapshot');
  session.type('\r');
  await shows(session, /\nkubectl> $/);
});

test('logs are followed in one tab, which is shown again, and runs again once it has ended', async () => {
  const session = open('logs');
  await shows(session, /kubectl> $/);
  tabs.addShell();
  expect(open('logs')).toBe(session);
  expect(tabs.active).toBe(session);
  session.type('exit\r');
  await shows(session, /to close\]$/);
  expect(open('logs')).toBe(session);
  await shows(session, /to close\]\n\$ kubectl logs .*\nkubectl> $/);
  expect(open('shell')).not.toBe(open('shell'));
  expect(tabs.active?.title).toBe('web/app shell (2)');
});

test('a container cannot pass for a shell of the node that waits for a command', async () => {
  const session = open('shell');
  // Its prompt ends in the mark that the node's shell has.
  await shows(session, /kubectl> $/);
  expect(session.shell.waits).toBe(false);
  expect(tabs.showShell().kind).toBe('shell');
});
