import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { resources } from '#kube/resources.ts';
import { lessonFiles } from '#site/course-files.ts';
import { lessons } from '../lessons/course.ts';
import { container, containerStatusOf } from './pods.ts';
import { TestCluster } from './test-cluster.ts';
import { until } from './until.ts';

/** Each is a pod's whole life. */
vi.setConfig({ testTimeout: 300_000 });

/** The library that the lesson brings. */
const library = lessonFiles(lessons.find(({ slug }) => slug === 'why-the-cri')?.folder ?? '');
const whole = `#!/bin/bash
. /root/cri.sh
RunPodSandbox() {
  new_record
  unshare --net --ipc --uts sleep infinity &
  remember "$id" pid $!
  join_network "$id" $!
  answer podSandboxId "$id"
}
CreateContainer() {
  new_record
  remember "$id" sandbox "$POD_SANDBOX_ID"
  remember "$id" command "$CONFIG_COMMAND $CONFIG_ARGS"
  answer containerId "$id"
}
"$@"
`;
const name = 'toy';
const pod = {
  runtimeClassName: 'toy',
  containers: [container('main', "trap 'exit 0' TERM; echo up; while :; do sleep 1; done")],
};
let cluster: TestCluster;

/** Puts a program where the node's shim looks for the runtime. */
async function install(text: string): Promise<void> {
  await cluster.node.running.agent.files.write('/root/toy', text, { mode: 0o755 });
}

beforeAll(async () => {
  cluster = await TestCluster.start();
  await cluster.client.create(resources.runtimeClasses, {
    metadata: { name: 'toy' },
    handler: 'toy',
  });
  const { files } = cluster.node.running.agent;
  for (const [file, text] of Object.entries(library)) await files.write(`/root/${file}`, text);
});
afterAll(() => cluster.stop());
afterEach(async () => {
  if (await cluster.pod(name)) await cluster.deletePod(name, 0);
});

it('runs a pod with an address and a log, restarts it, and leaves nothing of it running', async () => {
  await install(whole);
  await cluster.createPod(name, pod);
  const ready = await cluster.ready(name);
  await cluster.shell(`ping -c 1 ${ready.status?.podIP ?? ''}`);
  expect(await cluster.shell('cat /var/log/pods/default_toy_*/main/0.log')).toMatch(
    /^\d{4}-\d\d-\d\dT[\d:]+\.\d{9}Z stdout F up$/m,
  );
  await cluster.shell('kill -9 $(cat /run/toy/toy-*/pid | sort -n | tail -n 1)');
  const again = await cluster.podWhen(
    name,
    'restarted',
    (pod) => containerStatusOf(pod, 'main')?.restartCount === 1,
  );
  expect(containerStatusOf(again, 'main')?.lastState?.terminated?.exitCode).toBe(137);
  await cluster.deletePod(name);
  const left = 'pgrep -fc "^sleep infinity|^/bin/bash /root/toy supervise" || true';
  expect(await cluster.shell(left)).toBe('0\n');
});

it.each([
  ['writes no JSON', 'echo hello', /RunPodSandbox wrote no RunPodSandboxResponse/],
  ['is missing', undefined, /Cannot start \/root\/toy: no such file or directory/],
  ['never ends', 'sleep 600', /RunPodSandbox had not ended after 60 seconds, and was killed/],
])('a program that %s: the pod says so, and runs when it is mended', async (_, body, words) => {
  if (body === undefined) await cluster.shell('rm /root/toy');
  else await install(`#!/bin/bash\n${body}\n`);
  await cluster.createPod(name, pod);
  expect(await cluster.event(name, 'FailedCreatePodSandBox')).toMatch(words);
  await install(whole);
  await cluster.ready(name);
  await until(
    'the end of every run that had no end of its own',
    async () => (await cluster.shell('pgrep -fc "^sleep 600" || true')) === '0\n',
  );
});
