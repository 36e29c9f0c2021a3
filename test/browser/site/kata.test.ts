import { expect, test } from 'vitest';
import { useSite } from './harness.ts';

const site = useSite();

const pod = `apiVersion: v1
kind: Pod
metadata: {name: vm}
spec:
  runtimeClassName: kata-template
  terminationGracePeriodSeconds: 1
  containers:
  - name: main
    image: busybox:1.36
    command: [sleep, "86400"]
`;

test('a pod is a machine of its own in the browser, too, and leaves with it', async () => {
  const visit = await site.openShell();
  await visit.nodeIsReady();
  await visit.enter("cat > pod.yaml <<'END'", ...pod.trimEnd().split('\n'), 'END');
  await visit.run('kubectl apply -f pod.yaml');
  expect(await visit.run('kubectl wait --for=condition=Ready pod/vm --timeout=170s')).toBe(
    'pod/vm condition met',
  );
  const bootId = 'cat /proc/sys/kernel/random/boot_id';
  expect(await visit.run(`kubectl exec vm -- ${bootId}`)).not.toBe(await visit.run(bootId));
  expect(await visit.run('pgrep -xc sandglass-vmm')).toBe('1');

  await visit.enter('kata-runtime exec $(ls /run/vc/sbs)');
  await visit.shows(/root@kata:[^\n]*# ?$/);
  await visit.enter('ps | grep -c "[s]leep 86400"; exit');
  await visit.prompts();
  expect(await visit.run('kubectl delete pod vm')).toBe('pod "vm" deleted from default namespace');
  await expect.poll(() => visit.run('pgrep -xc sandglass-vmm')).toBe('0');
  visit.wentWell();
});
