import { expect, test } from 'vitest';
import { useSite } from './harness.ts';

const site = useSite();

/** Milliseconds: thirteen pods are started and ended by one slow processor. */
const patience = { timeout: 240_000, interval: 1_000 };

const plain = Array.from({ length: 10 }, (_, index) => `plain-${index}`);
const machines = Array.from({ length: 3 }, (_, index) => `vm-${index}`);

/** Of a pod `$p` by the handler of RuntimeClass `$c`, for the node's shell. */
const manifest = `{apiVersion: v1, kind: Pod, metadata: {name: $p}, spec: {runtimeClassName: $c, terminationGracePeriodSeconds: 1,
 containers: [{name: main, image: 'busybox:1.36', command: [sleep, '86400'], resources: {limits: {memory: 16Mi}}}]}}`;
const runtimeClass =
  '{apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: crun}, handler: crun}';

const states =
  "kubectl get pods --no-headers -o 'custom-columns=N:.metadata.name,P:.status.phase,R:.status.containerStatuses[0].restartCount,Y:.status.containerStatuses[0].ready'";

test('three machines run beside ten pods, work, stay as they are, and leave nothing', async () => {
  const visit = await site.openShell();
  await visit.nodeIsReady();
  await visit.run(`echo "${runtimeClass}" | kubectl apply -f -`);
  const make = (names: readonly string[], className: string) =>
    `c=${className}; for p in ${names.join(' ')}; do echo "---"; echo "${manifest.replace('\n', '')}"; done`;
  await visit.run(`{ ${make(plain, 'crun')}; ${make(machines, 'kata-template')}; } > pods.yaml`);
  const applied = await visit.run('kubectl apply -f pods.yaml');
  expect(applied.match(/created/g)).toHaveLength(13);
  const ready =
    'kubectl wait --for=condition=Ready pod --all --timeout=1s 2>/dev/null | grep -c met';
  await expect.poll(() => visit.run(ready), patience).toBe('13');

  const rowOf = (name: string): unknown =>
    expect.stringMatching(new RegExp(`^${name} +Running +0 +true$`));
  const allRun = [...plain, ...machines].map(rowOf);
  expect((await visit.run(states)).split('\n')).toEqual(allRun);
  const bootIds = [];
  for (const name of machines) {
    bootIds.push(await visit.run(`kubectl exec ${name} -- cat /proc/sys/kernel/random/boot_id`));
    const written = 'dd if=/dev/urandom of=/file bs=1M count=4 2>/dev/null; md5sum < /file';
    const sum = await visit.run(`kubectl exec ${name} -- sh -c '${written}'`);
    expect(await visit.run(`md5sum < $(${fileOf(name)})`)).toBe(sum);
  }
  expect(new Set(bootIds).size).toBe(3);
  expect((await visit.run(states)).split('\n')).toEqual(allRun);

  await visit.run('kubectl delete pod --all --wait=false');
  await expect.poll(() => visit.run('kubectl get pods -o name | wc -l'), patience).toBe('0');
  expect(await visit.run('pgrep -xc sandglass-vmm; ls /run/vc/sbs | wc -l')).toBe('0\n0');
  visit.wentWell();
}, 600_000);

/** Where the node has what the pod's container wrote over its image. */
function fileOf(pod: string): string {
  const id = `kubectl get pod ${pod} -o jsonpath='{.status.containerStatuses[0].containerID}'`;
  return `echo /var/lib/sandglass/containers/$(${id} | sed s,.*://,,)/fs/file`;
}
