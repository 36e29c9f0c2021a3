import type { LessonSolutions } from '#lessons/code.ts';

const withSandbox = `#!/bin/bash
# A container runtime. The kubelet's calls come one by one, as: toy METHOD
. /root/cri.sh

RunPodSandbox() {
  new_record
  unshare --net --ipc --uts sleep infinity &
  remember "$id" pid $!
  join_network "$id" $!
  answer podSandboxId "$id"
}
`;

const withContainer = `${withSandbox}
CreateContainer() {
  new_record
  remember "$id" sandbox "$POD_SANDBOX_ID"
  remember "$id" command "$CONFIG_COMMAND $CONFIG_ARGS"
  answer containerId "$id"
}
`;

const last = '\n"$@"\n';

export default {
  'one-interface': async (reader) => {
    await reader.run('crictl info');
  },
  'a-runtime-that-says-no': async (reader) => {
    await reader.apply('toy.yaml');
    await reader.passed('asked');
    await reader.run('kubectl describe pod toy | tail -n 6');
  },
  'run-pod-sandbox': async (reader) => {
    await reader.write('toy', `${withSandbox}${last}`);
    await reader.passed('next');
    await reader.run('lsns -t net -o NS,PID,COMMAND');
  },
  'create-container': async (reader) => {
    await reader.write('toy', `${withContainer}${last}`);
    await reader.passed('running');
    await reader.run('kubectl logs toy --tail 3');
  },
  'what-the-kubelet-never-knew': async (reader) => {
    await reader.run("pkill -f 'while true; do date'");
    await reader.passed('again');
    await reader.run('kubectl delete pod toy');
  },
} satisfies LessonSolutions;
