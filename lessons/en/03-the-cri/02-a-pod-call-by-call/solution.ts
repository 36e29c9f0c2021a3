import type { LessonSolutions } from '#lessons/code.ts';

export default {
  'before-any-container': async (reader) => {
    await reader.breakOn('cri/RunPodSandbox');
    await reader.apply('foo.yaml');
    await reader.until('the kubelet is held', ({ held }) => held.length > 0);
  },
  'one-step': async (reader) => {
    await reader.step();
    await reader.until('the next call is held', ({ held }) =>
      held.some(({ point }) => point !== 'cri/RunPodSandbox'),
    );
    await reader.run('lsns -t net');
  },
  'the-packets-way': async (reader) => {
    await reader.run('ip -br link show type veth');
    const address = "ip -4 -o addr show eth0 | awk '{print $4}' | cut -d/ -f1";
    await reader.run(`ping -c 2 $(nsenter -t $(pgrep -x pause) -n ${address})`);
  },
  'two-containers': async (reader) => {
    await reader.runOn();
    await reader.until('both containers run', ({ pods }) =>
      pods.some(({ status }) => status?.containerStatuses?.every(({ state }) => state?.running)),
    );
  },
  'kill-pause': async (reader) => {
    await reader.run('pkill -x pause');
    await reader.until('the pod is made anew', ({ pods }) =>
      pods.some(({ status }) =>
        status?.containerStatuses?.every(
          ({ state, restartCount }) => state?.running && restartCount === 1,
        ),
      ),
    );
  },
} satisfies LessonSolutions;
