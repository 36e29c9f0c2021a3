import type { LessonChecks, Scene } from '#lessons/code.ts';
import { containerStatus, isRunning, podNamed } from '#lessons/scene.ts';

const foo = (scene: Scene) => podNamed(scene, 'foo');

const isHeld = ({ held }: Scene) => held.length > 0;

/** The pod's sandboxes that were asked for since the step began. */
const sandboxesRun = ({ trace }: Scene) =>
  trace.filter((record) => record.kind === 'cri-call' && record.method === 'RunPodSandbox');

/** Whom the bridge knows, and the address of pause's own end of the cable. */
const neighbours =
  'ip neigh show dev cni0; nsenter -t $(pgrep -x pause) -n ip -4 -o addr show dev eth0';

/** How many processes each network namespace has, and the first process of each mount namespace. */
const namespaces = 'lsns -n -t net -o NPROCS,COMMAND; echo; lsns -n -t mnt -o COMMAND';

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
      const isMade = scene.trace.some(
        (record) => record.kind === 'cri-return' && record.method === 'RunPodSandbox',
      );
      return !call && isMade ? 'ran-on' : undefined;
    },
  },
  'the-packets-way': {
    neighbour: async (scene) => {
      const { stdout } = await scene.run(neighbours);
      const [, address] = / eth0 +inet ([\d.]+)\//.exec(stdout) ?? [];
      if (address === undefined) return 'no-pause';
      const known = stdout.split('\n').some((line) => line.startsWith(`${address} lladdr`));
      return known ? true : { reason: 'silent', values: { address } };
    },
  },
  'two-containers': {
    a: (scene) => isRunning(foo(scene), 'a') || (isHeld(scene) ? 'held' : undefined),
    b: (scene) => isRunning(foo(scene), 'b') || undefined,
    shared: async (scene) => {
      const { stdout } = await scene.run(namespaces);
      const [networks = '', mounts = ''] = stdout.split('\n\n');
      const [, count = '0'] = /^ *(\d+) \/pause/m.exec(networks) ?? [];
      const apart = ['/pause', 'httpd', 'sleep'].every((name) =>
        mounts.split('\n').some((line) => line.startsWith(name)),
      );
      return Number(count) >= 3 && apart ? true : 'apart';
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
