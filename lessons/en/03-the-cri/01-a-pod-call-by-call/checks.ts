import type { LessonChecks, Scene } from '#lessons/code.ts';
import { containerStatus, isRunning, podNamed } from '#lessons/scene.ts';

const foo = (scene: Scene) => podNamed(scene, 'foo');

const isHeld = ({ held }: Scene) => held.length > 0;

/** The pod's sandboxes that were asked for since the step began. */
const sandboxesRun = ({ trace }: Scene) =>
  trace.filter((record) => record.kind === 'cri-call' && record.method === 'RunPodSandbox');

const podAddress =
  'nsenter -t $(pgrep -x pause) -n ip -4 -o addr show dev eth0 | awk \'{sub("/.*", "", $4); print $4}\'';

export default {
  'before-any-container': {
    bound: (scene) => {
      const pod = foo(scene);
      if (!pod) return 'no-pod';
      return pod.spec?.nodeName ? true : 'unbound';
    },
    held: (scene) => {
      if (scene.held.some(({ point }) => point === 'cri/RunPodSandbox')) return true;
      if (sandboxesRun(scene).length > 0) return 'gone';
      return scene.breakpoints.includes('cri/RunPodSandbox') ? undefined : 'no-point';
    },
  },
  'one-step': {
    pause: async (scene) => {
      if (scene.held.some(({ point }) => point === 'cri/RunPodSandbox')) return 'held';
      const { stdout } = await scene.run('lsns -n -t net -o COMMAND');
      return /^\/pause/m.test(stdout) ? true : 'none';
    },
    'held-again': (scene) => {
      const [call] = scene.held;
      if (call && call.point !== 'cri/RunPodSandbox') return true;
      return call || sandboxesRun(scene).length === 0 ? undefined : 'ran-on';
    },
  },
  'the-packets-way': {
    neighbour: async (scene) => {
      const { stdout } = await scene.run(podAddress);
      const address = stdout.trim();
      if (address === '') return 'no-pause';
      const neighbours = await scene.run('ip neigh show dev cni0');
      const known = neighbours.stdout
        .split('\n')
        .some((line) => line.startsWith(`${address} lladdr`));
      return known ? true : { reason: 'silent', values: { address } };
    },
  },
  'two-containers': {
    a: (scene) => isRunning(foo(scene), 'a') || undefined,
    b: (scene) => isRunning(foo(scene), 'b') || undefined,
    shared: async (scene) => {
      const namespaces = (kind: string) =>
        scene.run(
          `for p in $(pgrep -x 'pause|httpd|sleep'); do readlink /proc/$p/ns/${kind}; done | sort | uniq -c`,
        );
      const net = (await namespaces('net')).stdout.trim().split('\n');
      const mnt = (await namespaces('mnt')).stdout.trim().split('\n');
      return net.length === 1 && net[0]?.startsWith('3 ') && mnt.length === 3 ? true : 'apart';
    },
  },
  'kill-pause': {
    anew: async (scene) => {
      if (sandboxesRun(scene).length > 0) return true;
      const { code } = await scene.run('pgrep -x pause');
      return code === 0 ? 'alive' : 'waiting';
    },
    running: (scene) =>
      (!isHeld(scene) &&
        ['a', 'b'].every(
          (name) =>
            isRunning(foo(scene), name) && containerStatus(foo(scene), name)?.restartCount === 1,
        )) ||
      undefined,
  },
} satisfies LessonChecks;
